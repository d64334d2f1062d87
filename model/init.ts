import type { Parameters } from "../engine/parameters";
import { sizeOf } from "../engine/tensor";

/** A source of uniform numbers in [0, 1); deterministic for a seed. */
export interface UniformSource {
  uniform(): number;
}

/**
 * Fills every parameter.
 *
 * - `torch`: PyTorch's defaults for Conv2d: weight and bias uniform in +-1/sqrt(fan_in).
 * - `he`: weights normal with variance 2/fan_in (He et al., ICCV 2015), biases 0: the cascade is deep and the default's
 *   gradients all but vanish at narrow widths.
 */
export function initialise(parameters: Parameters, scheme: "torch" | "he", random: UniformSource): void {
  let fanIn = 1;
  for (const { name, shape } of parameters.specs) {
    const values = new Float32Array(sizeOf(shape));
    if (shape.length === 4) fanIn = shape[1] * shape[2] * shape[3]; // a bias follows its weight and shares its fan-in
    const bound = 1 / Math.sqrt(fanIn);
    if (scheme === "torch") for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
    else if (shape.length === 4) fillNormal(values, Math.sqrt(2 / fanIn), random);
    parameters.load(name, values);
  }
}

/** Box-Muller. */
function fillNormal(values: Float32Array, deviation: number, random: UniformSource): void {
  for (let i = 0; i < values.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
}
