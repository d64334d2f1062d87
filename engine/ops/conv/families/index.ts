/** The families of convolution kernels, a file each, in one table. */

import { type Kernel, kernels } from "../../../../kernels/index";
import type { ConvFamily } from "../common/index";
import { direct } from "./direct";
import { pointwise } from "./pointwise";
import { slide } from "./slide";
import { tiled } from "./tiled";
import { winograd } from "./winograd";
import { winogradRows } from "./winograd-rows";

/** Every family of convolution kernels. The heuristic takes the first that is worth taking; the last can compute anything. */
const table = [tiled, pointwise, winograd, winogradRows, slide, direct] as const;

type Each = (typeof table)[number];
type NameOf<Variants> = Variants extends unknown ? keyof Variants : never;

/** How one forward convolution, or its gradient by the input, is computed. */
export type ConvPass = Parameters<Each["forward"]>[1];
/** How a gradient by the weights is computed. */
export type DwPass = Parameters<Extract<Each, { dw: unknown }>["dw"]>[1];
/** The ways in which tests ask for a family; each family's file tells what its own are. */
export type ConvVariantName = NameOf<Each["variants"]>;

/** Any one of the families. */
export type Family = ConvFamily<ConvPass, DwPass>;
export const families: readonly Family[] = table;

const byName = new Map(families.map((family) => [family.name, family]));

/** The family that computes a pass. */
export const familyOf = ({ family }: ConvPass | DwPass): Family => byName.get(family)!;

/** Every kernel that a convolution may run: the families' own, and those that any of them needs. */
export const convKernels: readonly Kernel[] = [
  ...families.flatMap(({ kernels: { sums, around } }) => [...sums, ...around]),
  ...[kernels.conv_pad, kernels.conv_sum, kernels.conv_db],
];
