import { conv2d, maxPool2d } from "../engine/ops/index";
import type { ParameterSpec, Parameters } from "../engine/parameters";
import type { Tensor } from "../engine/tensor";

/** One convolution of a network: its parameters' names are `name.weight` and `name.bias`. */
export interface ConvSpec {
  name: string;
  inChannels: number;
  outChannels: number;
  kernel: number;
  relu: boolean;
}

/** A convolution that keeps the map's size, as every one here does: stride 1, padding kernel / 2. */
export const conv = (name: string, inChannels: number, outChannels: number, kernel: number, relu = true): ConvSpec => ({
  name,
  inChannels,
  outChannels,
  kernel,
  relu,
});

/** Weight [out, in, k, k] and bias [out], as PyTorch keeps them. */
export function parameterSpecs(convs: readonly ConvSpec[]): ParameterSpec[] {
  return convs.flatMap(({ name, inChannels, outChannels, kernel }) => [
    { name: `${name}.weight`, shape: [outChannels, inChannels, kernel, kernel] },
    { name: `${name}.bias`, shape: [outChannels] },
  ]);
}

/** Runs one convolution. x [B, in, H, W] -> [B, out, H, W] */
export function applyConv(parameters: Parameters, c: ConvSpec, x: Tensor): Tensor {
  const [w, b] = [parameters.get(`${c.name}.weight`), parameters.get(`${c.name}.bias`)];
  return x.gpu.tape.in(c.name, () => conv2d(x, w, b, { padding: (c.kernel - 1) / 2, relu: c.relu }));
}

/** Runs convolutions one after another, letting go of each result once the next has read it. */
export function applyAll(parameters: Parameters, convs: readonly ConvSpec[], x: Tensor): Tensor {
  let h = x;
  for (const c of convs) h = replace(h, applyConv(parameters, c, h), x);
  return h;
}

/** Drops `old` (the tape keeps what backward will read) unless it is the caller's own input, and returns `next`. */
export function replace(old: Tensor, next: Tensor, input: Tensor): Tensor {
  if (old !== input) old.dispose();
  return next;
}

/** 2x2 max pooling with stride 2. */
export const halve = (x: Tensor): Tensor => maxPool2d(x, { kernel: 2, stride: 2 });
