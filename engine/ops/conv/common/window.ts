import { type Layout, laidOut, type Tensor, zerosAround } from "../../../core/index";
import type { AdapterFacts } from "../../../device/index";
import type { ConvGeometry } from "./geometry";

/** Wider kernels would not fit in registers. */
const WIDEST = 11;

/** The window slides: neighbouring results read neighbouring inputs. */
export const slides = (g: ConvGeometry): boolean =>
  g.strideY * g.strideX * g.dilationY * g.dilationX === 1 && g.kw <= WIDEST && g.padY < g.kh && g.padX < g.kw;

/**
 * x with the zeros around it that a sliding window reads: x itself where it lies so, else a copy. What a tile of results reads past
 * the end of a row lands in results that are not stored.
 */
export const withZeros = (g: ConvGeometry, x: Tensor): Tensor =>
  laidOut(x, [g.n, g.ci, g.h, g.w], zerosAround(g.h, g.w, g.padY, g.padX));

/** The zeros around a gradient of y that a window sliding back over it reads: each pixel of x is seen by kh x kw windows. */
export const aroundGradient = (g: ConvGeometry): Layout =>
  zerosAround(g.oh, g.ow, g.kh - 1 - g.padY, g.kw - 1 - g.padX);

/**
 * Whether a chain of convolutions gains where each writes its result with the zeros around it that the next one reads. (The
 * workgroup tiles that wide layers take on a real GPU look for an image's edges themselves, and would have to copy it.)
 */
export const marginsPay = ({ kind }: Pick<AdapterFacts, "kind">): boolean => kind !== "gpu";
