import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../core/index";
import type { PaddedGradient } from "./families";
import type { ConvGeometry } from "./geometry";
import { planeLayout } from "./pad";

// conv_direct.wgsl and conv_direct_dw.wgsl: any stride, dilation and kernel size.

export function directForward(g: ConvGeometry, [x, w, b]: readonly Tensor[], y: Tensor, relu: boolean): void {
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
      xPlane: g.h * g.w,
      xPitch: g.w,
      xStart: 0,
      yh: g.oh,
      yw: g.ow,
      hasBias: b ? 1 : 0,
      relu: relu ? 1 : 0,
    },
    bindings: { x, w, y, bias: b ?? w },
    workgroups: gpu.grid(y.size, 64),
  });
}

export function directDx(g: ConvGeometry, { dy, padding }: PaddedGradient, w: Tensor, dx: Tensor): void {
  const { gpu } = dy;
  const { plane, pitch, start } = planeLayout(padding);
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
      xPlane: plane,
      xPitch: pitch,
      xStart: start,
      yh: g.h,
      yw: g.w,
      hasBias: 0,
      relu: 0,
    },
    bindings: { x: dy, w, y: dx },
    workgroups: gpu.grid(dx.size, 64),
  });
}

export function directDw(g: ConvGeometry, { dy, padding }: PaddedGradient, x: Tensor, dw: Tensor): void {
  const { gpu } = x;
  const { n, ci, co, h, w, oh, ow } = g;
  const { plane: dyPlane, pitch: dyPitch, start: dyStart } = planeLayout(padding);
  gpu.dispatch({
    kernel: kernels.conv_direct_dw,
    uniforms: { ...windowUniforms(g), weights: dw.size, n, ci, co, h, w, oh, ow, dyPlane, dyPitch, dyStart },
    bindings: { x, dy, dw },
    workgroups: gpu.grid(dw.size, 1),
  });
}

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
