import { conv2d, maxPool2d, type ParameterSpec, type Parameters, type Tensor } from "../../engine/index";
import { marginsPay, type Padded } from "../../engine/ops/index";

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

/** How images lie in memory: x's where they have a margin of zeros, and the margin that the result's get, 0 by default. */
export interface Margins {
  input?: Padded;
  margin?: number;
}

/** Zeros on each side of the image that a convolution wants. */
const paddingOf = ({ kernel }: ConvSpec): number => (kernel - 1) / 2;

/** Runs one convolution. x [B, in, H, W] -> [B, out, H, W], with margins in memory as said. */
export function applyConv(parameters: Parameters, c: ConvSpec, x: Tensor, margins: Margins = {}): Tensor {
  const [w, b] = [parameters.get(`${c.name}.weight`), parameters.get(`${c.name}.bias`)];
  return x.gpu.tape.in(c.name, () => conv2d(x, w, b, { padding: paddingOf(c), relu: c.relu, ...margins }));
}

/**
 * Runs convolutions one after another, letting go of each result once the next has read it. Where that pays, each
 * writes its result with the zeros around it that the next one wants.
 */
export function applyAll(
  parameters: Parameters,
  convs: readonly ConvSpec[],
  x: Tensor,
  { input = plainImages(x), margin: last = 0 }: Margins = {},
): Tensor {
  const pays = marginsPay(x.gpu.adapter);
  let h = x;
  let images = input;
  for (const [i, c] of convs.entries()) {
    const next = convs.at(i + 1);
    const margin = !next ? last : pays ? paddingOf(next) : 0;
    h = replace(h, applyConv(parameters, c, h, { input: images, margin }), x);
    images = { ...images, margin };
  }
  return h;
}

/** Images [B, C, H, W] without a margin. */
export const plainImages = ({ shape: [, , height, width] }: Tensor): Padded => ({ height, width, margin: 0 });

/** Drops `old` (the tape keeps what backward will read) unless it is the caller's own input, and returns `next`. */
export function replace(old: Tensor, next: Tensor, input: Tensor): Tensor {
  if (old !== input) old.dispose();
  return next;
}

/** 2x2 max pooling with stride 2. @param input how x's images lie where they have a margin, which the result's get too */
export const halve = (x: Tensor, input?: Padded): Tensor => maxPool2d(x, { kernel: 2, stride: 2, input });
