import { kernels } from "../../../../kernels/index";
import { contiguous, laidOut, layoutOf, planeOf, type Tensor } from "../../../core/index";
import type { Dtype } from "../../../device/index";
import {
  type Adapter,
  type ConvFamily,
  type ConvGeometry,
  forwardPacking,
  gradientPacking,
  lanesToTry,
  type Packing,
  type Passes,
  roundUp,
  slides,
  usualLanes,
  usualWorkgroup,
  workgroupsToTry,
} from "../common/index";

/** conv_pointwise.wgsl: `co` output channels, a multiple of 8, of 4 pixels an invocation. */
export interface PointwisePass {
  family: "pointwise";
  /** Lanes that share their loads by broadcast; 0: none. */
  lanes: number;
  /** Invocations in a workgroup. */
  workgroup: number;
  co: number;
}

/** 1x1 kernels over images of one row each (asOneRow): a matrix product. */
export const pointwise = {
  name: "pointwise",
  kernels: { sums: [kernels.conv_pointwise], around: [kernels.conv_pointwise_pack] },
  margins: false,
  zeros: false,
  sample: { x: [2, 9, 7, 5], w: [11, 1, 1], attrs: {} },
  variants: { pointwise: passes },
  can: (g) => g.kh * g.kw * g.h === 1 && g.strideY * g.strideX === 1 && g.padY + g.padX === 0,
  // A dilation means nothing to one tap, but keeps the gradient by the weights from conv_slide_dw.
  usual: (g, adapter) => (slides(g) ? passes(g, adapter) : null),
  candidates: (_, adapter) =>
    [8, 16, 32].flatMap((co) =>
      lanesToTry(adapter).flatMap((lanes) =>
        workgroupsToTry(adapter, [8, 16, 32]).map((workgroup) => ({ family: "pointwise", lanes, workgroup, co })),
      ),
    ),

  forward(g, p, [x, w, b], y, relu) {
    const input = laidOut(x, [g.n, g.ci, 1, g.w], contiguous(1, roundUp(g.w, 4)));
    // Weights of four input channels are neighbours as they are.
    const packed = g.ci % 4 === 0 && x.dtype === "f32" ? null : packWeights(p, w, x.dtype, forwardPacking(g));
    const weights = packed ?? { w, wOuter: g.ci / 4, wInner: 1 };
    const { plane } = planeOf(layoutOf(input));
    multiplyImages(g, p, { inner: g.ci, outer: g.co, x: input, plane, weights, y, bias: b ?? null, w, relu });
    packed?.w.dispose();
    input.dispose();
  },

  /** The product of the gradient of y with the weights transposed. */
  dx(g, p, dy, w, dx, gate) {
    const { plane } = planeOf(layoutOf(dy));
    const weights = packWeights(p, w, dy.dtype, gradientPacking(g));
    multiplyImages(g, p, { inner: g.co, outer: g.ci, x: dy, plane, weights, y: dx, bias: null, w, gate });
    dx.rectified = gate !== null;
    weights.w.dispose();
  },
} satisfies ConvFamily<PointwisePass>;

function passes(g: ConvGeometry, adapter: Adapter): Passes<PointwisePass, never> {
  return { forward: pointwisePass(g.co, adapter), dx: pointwisePass(g.ci, adapter) };
}

/** The pass that is taken for so many output channels where nothing was measured. */
export const pointwisePass = (channels: number, adapter: Adapter): PointwisePass => ({
  family: "pointwise",
  lanes: usualLanes(adapter),
  workgroup: usualWorkgroup(adapter),
  co: channels <= 8 ? 8 : 16,
});

/** Weights four of the inner channels to a vec4, and the distances between these, in vec4. */
interface Weights {
  w: Tensor;
  wOuter: number;
  wInner: number;
}

function packWeights(p: PointwisePass, w: Tensor, to: Dtype, { flip: _, ...packing }: Packing): Weights {
  const { gpu } = w;
  const outerPad = roundUp(packing.outer, p.co);
  const packed = gpu.empty([Math.ceil(packing.inner / 4), outerPad, 4], to);
  gpu.dispatch({
    kernel: kernels.conv_pointwise_pack,
    uniforms: { ...packing, size: packed.size / 4, outerPad },
    bindings: { w, packed },
    workgroups: gpu.grid(packed.size / 4, 64),
  });
  return { w: packed, wOuter: 1, wInner: outerPad };
}

/** One product, of all images. */
interface ImagesProduct extends Pick<Products, "inner" | "outer" | "x" | "weights" | "y" | "bias" | "relu" | "gate"> {
  /** Values from one plane of x to the next. */
  plane: number;
  /** The weights as they were. */
  w: Tensor;
}

function multiplyImages(g: ConvGeometry, p: PointwisePass, { plane, w, ...rest }: ImagesProduct): void {
  const tiles = Math.ceil(g.w / 4);
  const image = { images: g.n, tiles, xPlane: plane / 4, xRow: 0, yPlane: g.w };
  multiply(p, { ...rest, ...image, products: 1, rows: 1, unread: w });
}

/** What one dispatch of conv_pointwise.wgsl computes: so many products, each with weights and images of its own. */
export interface Products {
  products: number;
  /** Channels of x, which are summed over, and of y. */
  inner: number;
  outer: number;
  /** Rows of x that one result sums over. */
  rows: number;
  /** Images in each product, and tiles of 4 pixels in a plane. */
  images: number;
  tiles: number;
  x: Tensor;
  /** From one plane of x to the next, and from row to row, in vec4. */
  xPlane: number;
  xRow: number;
  weights: Weights;
  y: Tensor;
  /** Values in a plane of y. */
  yPlane: number;
  bias: Tensor | null;
  /** float32, to be bound where there is no bias. */
  unread: Tensor;
  relu?: boolean;
  gate?: Tensor | null;
}

/** y = act(weights x + bias), for as many products as there are. */
export function multiply(p: PointwisePass, c: Products): void {
  const { x, y, bias, gate, inner, outer, images, tiles, xPlane, xRow, yPlane } = c;
  const { gpu } = x;
  const { w, wOuter, wInner } = c.weights;
  const coPad = roundUp(outer, p.co);
  const invocations = images * tiles;
  const [gx, gy] = gpu.grid(invocations, p.workgroup);
  gpu.dispatch({
    kernel: kernels.conv_pointwise,
    params: { CO: p.co, LANES: p.lanes, WHOLE: yPlane % 4 === 0 ? 1 : 0 },
    constants: { WG: p.workgroup },
    uniforms: {
      ...{ ci: inner, co: outer, coPad, kh: c.rows, wOuter, wInner, tileCo: p.co },
      ...{ images, tiles, invocations, xPlane, xRow, yPlane },
      ...{ hasBias: bias ? 1 : 0, relu: c.relu ? 1 : 0, gate: gate ? 1 : 0 },
    },
    bindings: { x, w, y, bias: bias ?? c.unread, z: gate ?? w },
    workgroups: [gx, gy, (c.products * coPad) / p.co],
  });
}
