import type { Parameters } from "./parameters";
import { type Shape, sizeOf } from "./tensor";

/** A source of uniform numbers in [0, 1); deterministic for a seed. */
export interface UniformSource {
  /** The next number. */
  uniform(): number;
}

/**
 * Fills every parameter by its shape and name. More than one axis is a weight; one axis is a bias, which follows its weight,
 * or a normalisation's: gamma and beta, or PyTorch's weight and bias, which start at 1 and 0 by either scheme.
 *
 * - `torch`: PyTorch's defaults for Conv2d and Linear: weight and bias uniform in +-1/sqrt(fan_in).
 * - `he`: weights normal with variance 2/fan_in (He et al., ICCV 2015), biases 0: the cascade is deep and the default's
 *   gradients all but vanish at narrow widths.
 *
 * The fan-in is a convolution's [out, in, kh, kw] in * kh * kw, and a matrix's [in, out] in, as `matmul(x, w)` reads it.
 * A parameter that declares an `init` starts at that, whatever its shape and name.
 */
export function initialise(parameters: Parameters, scheme: "torch" | "he", random: UniformSource): void {
  let fanIn = 1;
  let ofNorm = false;
  for (const { name, shape, init } of parameters.specs) {
    const values = new Float32Array(sizeOf(shape));
    const role = roleOf(name, shape, ofNorm);
    ofNorm = role === "gamma";
    if (role === "weight") fanIn = fanInOf(shape);
    const bound = 1 / Math.sqrt(fanIn);
    if (init !== undefined) values.fill(init);
    else if (role === "gamma") values.fill(1);
    else if (role === "beta") values.fill(0);
    else if (scheme === "torch") for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
    else if (role === "weight") fillNormal(values, Math.sqrt(2 / fanIn), random);
    parameters.load(name, values);
  }
}

/** @param ofNorm the parameter before was a normalisation's gamma */
function roleOf(name: string, shape: Shape, ofNorm: boolean): "weight" | "bias" | "gamma" | "beta" {
  const last = name.slice(name.search(/[^./]*$/)).toLowerCase();
  if (shape.length > 1) return "weight";
  if (last === "gamma" || last === "weight" || last === "scale") return "gamma";
  return last === "beta" || ofNorm ? "beta" : "bias";
}

/** How many inputs each output is a sum over. */
const fanInOf = (shape: Shape): number => (shape.length === 2 ? shape[0] : sizeOf(shape.slice(1)));

/** Box-Muller. */
function fillNormal(values: Float32Array, deviation: number, random: UniformSource): void {
  for (let i = 0; i < values.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
}
