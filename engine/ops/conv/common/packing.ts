import type { ConvGeometry } from "./geometry";

/** Which channels of w [co, ci, kh, kw] a pass sums over and which are its result's, and how far apart each lie in w. */
export interface Packing {
  inner: number;
  outer: number;
  innerStride: number;
  outerStride: number;
  /** 1: the kernels' taps are turned round. */
  flip: 0 | 1;
}

export const forwardPacking = ({ ci, co, kh, kw }: ConvGeometry): Packing => ({
  ...{ inner: ci, outer: co, flip: 0 },
  ...{ innerStride: kh * kw, outerStride: ci * kh * kw },
});

/** For the gradient by x, which is the convolution of the gradient of y with the kernels turned round and channels swapped. */
export const gradientPacking = ({ ci, co, kh, kw }: ConvGeometry): Packing => ({
  ...{ inner: co, outer: ci, flip: 1 },
  ...{ innerStride: ci * kh * kw, outerStride: kh * kw },
});
