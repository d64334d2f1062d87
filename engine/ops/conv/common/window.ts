import type { Tensor } from "../../../core/index";
import type { ConvGeometry } from "./geometry";
import { type Padding, padImage, zerosAround } from "./pad";

/** Wider kernels would not fit in registers. */
const WIDEST = 11;

/** The window slides: neighbouring results read neighbouring inputs. */
export const slides = (g: ConvGeometry): boolean =>
  g.strideY * g.strideX * g.dilationY * g.dilationX === 1 && g.kw <= WIDEST && g.padY < g.kh && g.padX < g.kw;

/**
 * x with the zeros around it that a sliding window reads: x itself where it lies so, else a copy. What a tile of results reads past
 * the end of a row lands in results that are not stored.
 */
export const padInput = (g: ConvGeometry, x: Tensor): Tensor =>
  padImage(x, [g.n, g.ci, g.h, g.w], zerosAround(g.h, g.w, g.padY, g.padX), g.x);

/** The zeros around a gradient of y that a window sliding back over it reads: each pixel of x is seen by kh x kw windows. */
export const aroundGradient = (g: ConvGeometry): Padding =>
  zerosAround(g.oh, g.ow, g.kh - 1 - g.padY, g.kw - 1 - g.padX);
