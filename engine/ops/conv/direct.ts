import { kernels } from "../../../kernels/index";
import type { ConvFamily } from "./family";
import type { ConvGeometry } from "./geometry";
import { padImage } from "./pad";
import { roundUp } from "./variant";

/** conv_direct.wgsl and conv_direct_dw.wgsl: any stride, dilation and kernel size. */
export const direct: ConvFamily = {
  forward(g, _, [x, w, b], y, relu) {
    const { gpu } = x;
    gpu.dispatch({
      kernel: kernels.conv_direct,
      params: { MODE: 0 },
      uniforms: {
        ...windowUniforms(g),
        invocations: y.size,
        inner: g.ci,
        outer: g.co,
        xh: g.h,
        xw: g.w,
        xPitch: g.w,
        yh: g.oh,
        yw: g.ow,
        hasBias: b ? 1 : 0,
        relu: relu ? 1 : 0,
      },
      bindings: { x, w, y, bias: b ?? w },
      workgroups: gpu.grid(y.size, 64),
    });
  },

  gradient(g, _, gy, mask) {
    return padImage(gy, [g.n, g.co, g.oh, g.ow], { rows: g.oh, pitch: roundUp(g.ow, 4), top: 0, left: 0 }, mask);
  },

  dx(g, _, dy, w, dx) {
    const { gpu } = dy;
    gpu.dispatch({
      kernel: kernels.conv_direct,
      params: { MODE: 1 },
      uniforms: {
        ...windowUniforms(g),
        invocations: dx.size,
        inner: g.co,
        outer: g.ci,
        xh: g.oh,
        xw: g.ow,
        xPitch: dy.shape[3],
        yh: g.h,
        yw: g.w,
        hasBias: 0,
        relu: 0,
      },
      bindings: { x: dy, w, y: dx },
      workgroups: gpu.grid(dx.size, 64),
    });
  },

  dw(g, _, dy, x, dw) {
    const { gpu } = x;
    const { n, ci, co, h, w, oh, ow } = g;
    gpu.dispatch({
      kernel: kernels.conv_direct_dw,
      uniforms: { ...windowUniforms(g), weights: dw.size, n, ci, co, h, w, oh, ow, pitch: dy.shape[3] },
      bindings: { x, dy, dw },
      workgroups: gpu.grid(dw.size, 1),
    });
  },
};

const windowUniforms = ({ kh, kw, strideY, strideX, padY, padX, dilationY, dilationX }: ConvGeometry) => ({
  kh,
  kw,
  strideY,
  strideX,
  padY,
  padX,
  dilationY,
  dilationX,
});
