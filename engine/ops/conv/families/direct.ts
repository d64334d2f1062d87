import { kernels } from "../../../../kernels/index";
import { layoutOf, planeOf } from "../../../core/index";
import { type ConvFamily, type ConvGeometry, slides } from "../common/index";

/** conv_direct.wgsl, conv_direct_dw.wgsl: anything, slowly. */
export interface DirectPass {
  family: "direct";
}

const pass: DirectPass = { family: "direct" };
const passes = { forward: pass, dx: pass, dw: pass };

/** One result an invocation: for strides, dilations and kernels too wide to keep in registers. */
export const direct = {
  name: "direct",
  kernels: { sums: [kernels.conv_direct, kernels.conv_direct_dw], around: [] },
  margins: false,
  zeros: false,
  sample: { x: [2, 3, 9, 8], w: [5, 3, 2], attrs: { stride: [2, 1], dilation: [1, 2], padding: [1, 2] } },
  variants: { direct: () => passes },
  can: () => true,
  usual: () => passes,
  candidates,
  dwCandidates: candidates,

  forward(g, _, [x, w, b], y, relu) {
    const { gpu } = x;
    gpu.dispatch({
      kernel: kernels.conv_direct,
      params: { MODE: 0 },
      uniforms: {
        ...windowUniforms(g),
        ...{ invocations: y.size, inner: g.ci, outer: g.co },
        ...{ xh: g.h, xw: g.w, xPlane: g.h * g.w, xPitch: g.w, xStart: 0, yh: g.oh, yw: g.ow },
        ...{ hasBias: b ? 1 : 0, relu: relu ? 1 : 0 },
      },
      bindings: { x, w, y, bias: b ?? w },
      workgroups: gpu.grid(y.size, 64),
    });
  },

  dx(g, _, dy, w, dx) {
    const { gpu } = dy;
    const { plane: xPlane, pitch: xPitch, start: xStart } = planeOf(layoutOf(dy));
    gpu.dispatch({
      kernel: kernels.conv_direct,
      params: { MODE: 1 },
      uniforms: {
        ...windowUniforms(g),
        ...{ invocations: dx.size, inner: g.co, outer: g.ci },
        ...{ xh: g.oh, xw: g.ow, xPlane, xPitch, xStart, yh: g.h, yw: g.w },
        ...{ hasBias: 0, relu: 0 },
      },
      bindings: { x: dy, w, y: dx },
      workgroups: gpu.grid(dx.size, 64),
    });
  },

  dw(g, _, dy, x, dw) {
    const { gpu } = x;
    const { n, ci, co, h, w, oh, ow } = g;
    const { plane: dyPlane, pitch: dyPitch, start: dyStart } = planeOf(layoutOf(dy));
    gpu.dispatch({
      kernel: kernels.conv_direct_dw,
      uniforms: { ...windowUniforms(g), weights: dw.size, n, ci, co, h, w, oh, ow, dyPlane, dyPitch, dyStart },
      bindings: { x, dy, dw },
      workgroups: gpu.grid(dw.size, 1),
    });
  },
} satisfies ConvFamily<DirectPass, DirectPass>;

/** Where the window slides this is many times slower than any other: not worth a measurement. */
function candidates(g: ConvGeometry): DirectPass[] {
  return slides(g) ? [] : [pass];
}

const windowUniforms = ({ kh, kw, strideY, strideX, padY, padX, dilationY, dilationX }: ConvGeometry) => ({
  ...{ kh, kw, strideY, strideX, padY, padX, dilationY, dilationX },
});
