import type { ParameterSpec, Parameters, Tensor } from "../../engine/index";
import { conv2dWithMargin } from "../../engine/ops/index";

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

/** Zeros on each side of the image that a convolution reads. */
export const paddingOf = ({ kernel }: ConvSpec): number => (kernel - 1) / 2;

/** Runs one convolution. x [B, in, H, W] -> [B, out, H, W] */
export const applyConv = (parameters: Parameters, c: ConvSpec, x: Tensor): Tensor => convolve(parameters, c, x, 0);

/** The same, with `margin` zeros around the result's images in memory, for a chain's next layer. @internal */
export function convolve(parameters: Parameters, c: ConvSpec, x: Tensor, margin: number): Tensor {
  const [w, b] = [parameters.get(`${c.name}.weight`), parameters.get(`${c.name}.bias`)];
  const options = { padding: paddingOf(c), relu: c.relu };
  return x.gpu.tape.in(c.name, () => conv2dWithMargin(x, w, b, options, margin));
}
