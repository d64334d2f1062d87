import { kernels } from "../../../../kernels/index";
import { type Layout, layoutOf, planeOf, type Tensor } from "../../../core/index";
import {
  type Adapter,
  BINDING,
  type ConvFamily,
  type ConvGeometry,
  forwardPacking,
  gradientPacking,
  lanesToTry,
  type Packing,
  type Passes,
  roundUp,
  slides,
  usualWorkgroup,
  withZeros,
  workspaceBytes,
} from "../common/index";
import { multiply, type PointwisePass, pointwisePass } from "./pointwise";

/** winograd_rows_*.wgsl: F(4, 7) along rows, by conv_pointwise for each of its 10 frequencies. */
export interface WinogradRowsPass {
  family: "winogradRows";
  product: PointwisePass;
}

/** Multiplications for a tile of TILE results. */
const FREQUENCIES = 10;
const TILE = 4;

/** Kernels 7 wide, stride 1, dilation 1. The header of winograd_rows_input.wgsl tells the whole computation. */
export const winogradRows = {
  name: "winogradRows",
  kernels: {
    sums: [],
    around: [kernels.winograd_rows_weights, kernels.winograd_rows_input, kernels.winograd_rows_output],
  },
  margins: true,
  zeros: true,
  sample: { x: [2, 7, 5, 18], w: [17, 7, 7], attrs: { padding: 3 } },
  variants: { winogradRows: passes },
  can: (g) => slides(g) && g.kw === 7 && 4 * FREQUENCIES * g.kh * roundUp(g.ci, 32) * roundUp(g.co, 32) <= BINDING,
  usual: (g, adapter) => (worthRows(g, adapter) ? passes(g, adapter) : null),
  candidates: (_, adapter) =>
    lanesToTry(adapter).flatMap((lanes) =>
      [16, 32].map((co) => ({
        family: "winogradRows",
        product: { family: "pointwise", lanes, workgroup: usualWorkgroup(adapter), co },
      })),
    ),

  cost(g, _, { kind }) {
    const { share, bytes } = imagesOf(g.n, [g.ci, g.oh + g.kh - 1], [g.co, g.oh, g.ow], kind);
    return { products: FREQUENCIES / (TILE * 7), workspace: share * bytes };
  },

  forward(g, p, [x, w, b], y, relu) {
    const weights = transformWeights(g, p, w, forwardPacking(g));
    const input = withZeros(g, x);
    const out = { y, yh: g.oh, yw: g.ow, layout: g.y };
    convolve(g, p, { input, weights, bias: b ?? null, relu, gate: null, ...out });
    input.dispose();
    weights.dispose();
  },

  /** The same convolution of the gradient with zeros around it, with the weights turned round and the channels swapped. */
  dx(g, p, dy, w, dx, gate) {
    const weights = transformWeights(g, p, w, gradientPacking(g));
    const out = { y: dx, yh: g.h, yw: g.w, layout: g.x };
    convolve(g, p, { input: dy, weights, bias: null, relu: false, gate, ...out });
    dx.rectified = gate !== null;
    weights.dispose();
  },
} satisfies ConvFamily<WinogradRowsPass>;

/**
 * Where F(4, 7) along rows was measured faster than the sliding window, by 1.2 times at least, by 2 with 128 channels on 46 x 46:
 * channels enough for their transforms, and tiles (four at a time) that fill most of a row.
 */
function worthRows(g: ConvGeometry, { kind }: Adapter): boolean {
  return kind !== "gpu" && Math.min(g.ci, g.co) >= 32 && g.ow >= 0.6 * roundUp(g.ow, 16);
}

function passes(g: ConvGeometry, adapter: Adapter): Passes<WinogradRowsPass, never> {
  // Its sums are seven times as long as a 1x1 layer's, and few loads an FMA count most. (SwiftShader runs out of registers.)
  const wide = adapter.kind !== "swiftshader";
  const pass = (channels: number): WinogradRowsPass => ({
    family: "winogradRows",
    product: { ...pointwisePass(channels, adapter), ...(wide && channels > 16 && { co: 32 }) },
  });
  return { forward: pass(g.co), dx: pass(g.ci) };
}

/** Weights of every frequency, [10, kh, ceil(inner / 4), outerPad, 4]. */
function transformWeights({ kh }: ConvGeometry, { product }: WinogradRowsPass, w: Tensor, packing: Packing): Tensor {
  const { gpu } = w;
  const blocks = Math.ceil(packing.inner / 4);
  const outerPad = roundUp(packing.outer, product.co);
  const size = kh * blocks * outerPad;
  const packed = gpu.empty([FREQUENCIES, kh, blocks, outerPad, 4]);
  gpu.dispatch({
    kernel: kernels.winograd_rows_weights,
    uniforms: { ...packing, size, outerPad, kh },
    bindings: { w, packed },
    workgroups: gpu.grid(size, 64),
  });
  return packed;
}

/**
 * How the transforms of n images are made, [inner, rows] each of x and [outer, yh, yw] of y: `pitch` vec4 a row, of four tiles
 * each; `bytes` an image; `share` images at a time, about equally many, so that they fit into the workspace.
 */
function imagesOf(
  n: number,
  [inner, rows]: readonly number[],
  [outer, yh, yw]: readonly number[],
  kind: Adapter["kind"],
) {
  const pitch = Math.ceil(yw / TILE / 4);
  const bytes = 16 * FREQUENCIES * pitch * (inner * rows + outer * yh);
  const shares = Math.ceil(n / Math.max(1, Math.floor(workspaceBytes({ kind }) / bytes)));
  return { pitch, bytes, share: Math.ceil(n / shares) };
}

interface Convolution {
  /** With the zeros around it that the window reads. */
  input: Tensor;
  /** Of every frequency. */
  weights: Tensor;
  bias: Tensor | null;
  relu: boolean;
  gate: Tensor | null;
  y: Tensor;
  /** Size of y's images, and where they lie. */
  yh: number;
  yw: number;
  layout: Layout;
}

/** Inputs, products and results of so many images at a time as the workspace has room for. */
function convolve({ kh }: ConvGeometry, { product }: WinogradRowsPass, c: Convolution): void {
  const { input, weights, bias, gate, y, yh, yw } = c;
  const { gpu } = y;
  const [n, inner] = input.shape;
  const { rows: xRows, pitch: xPitch } = layoutOf(input);
  const outer = y.shape[1];
  const rows = yh + kh - 1;
  const { pitch, share } = imagesOf(n, [inner, rows], [outer, yh, yw], gpu.adapter.kind);
  const v = gpu.empty([FREQUENCIES, share, inner, rows * pitch, 4]);
  const m = gpu.empty([FREQUENCIES, share, outer, yh * pitch, 4]);
  const { plane: yPlane, pitch: yPitch, start: yStart } = planeOf(c.layout);
  const xPlane = (xRows * xPitch) / 4;
  const tiles = yh * pitch;
  for (let first = 0; first < n; first += share) {
    const images = Math.min(share, n - first);
    const inputs = images * inner * rows * pitch;
    gpu.dispatch({
      kernel: kernels.winograd_rows_input,
      uniforms: { invocations: inputs, pitch, rows, xFirst: first * inner * xPlane, xPitch: xPitch / 4, xPlane },
      bindings: { x: input, v },
      workgroups: gpu.grid(inputs, 64),
    });
    multiply(product, {
      ...{ products: FREQUENCIES, inner, outer, rows: kh },
      ...{ images, tiles, xPlane: rows * pitch, xRow: pitch, yPlane: tiles * 4 },
      ...{ x: v, weights: { w: weights, wOuter: 1, wInner: weights.shape[3] }, y: m, bias: null, unread: weights },
    });
    const results = images * outer * tiles;
    gpu.dispatch({
      kernel: kernels.winograd_rows_output,
      uniforms: {
        ...{ invocations: results, pitch, channels: outer, firstPlane: first * outer, yh, yw, yPlane, yPitch, yStart },
        ...{ hasBias: bias ? 1 : 0, relu: c.relu ? 1 : 0, gate: gate ? 1 : 0 },
      },
      bindings: { m, bias: bias ?? weights, y, z: gate ?? input },
      workgroups: gpu.grid(results, 64),
    });
  }
  v.dispose();
  m.dispose();
}
