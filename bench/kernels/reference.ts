import type { ConvCase, convData } from "../contract/index";

/** Some elements of a convolution case's result, spread over it, by the formula in float64. */
export function convReference(
  c: ConvCase,
  data: ReturnType<typeof convData>,
  samples = 12,
): { at: number; value: number }[] {
  const { batch, ci, co, kernel: k, size } = c;
  const { x, w, b, gy } = data;
  const half = (k - 1) / 2;
  const plane = size * size;
  const inside = (v: number) => v >= 0 && v < size;
  const result = { forward: batch * co * plane, dx: batch * ci * plane, dw: co * ci * k * k }[c.pass];
  const element = (at: number): number => {
    let sum = 0;
    if (c.pass === "dw") {
      const [kx, ky] = [at % k, Math.floor(at / k) % k];
      const [i, o] = [Math.floor(at / (k * k)) % ci, Math.floor(at / (k * k * ci))];
      for (let n = 0; n < batch; n++) {
        for (let p = 0; p < plane; p++) {
          const [px, py] = [(p % size) + kx - half, Math.floor(p / size) + ky - half];
          if (inside(px) && inside(py)) sum += x[(n * ci + i) * plane + py * size + px] * gy[(n * co + o) * plane + p];
        }
      }
      return sum;
    }
    // The gradient by x is the convolution of gy with the weights' channels swapped and their taps turned round.
    const forward = c.pass === "forward";
    const [from, to] = forward ? [ci, co] : [co, ci];
    const [column, row] = [at % size, Math.floor(at / size) % size];
    const [channel, n] = [Math.floor(at / plane) % to, Math.floor(at / (plane * to))];
    for (let f = 0; f < from; f++) {
      for (let tap = 0; tap < k * k; tap++) {
        const [px, py] = [column + (tap % k) - half, row + Math.floor(tap / k) - half];
        if (!inside(px) || !inside(py)) continue;
        const weight = forward ? w[(channel * ci + f) * k * k + tap] : w[(f * ci + channel) * k * k + k * k - 1 - tap];
        sum += weight * (forward ? x : gy)[(n * from + f) * plane + py * size + px];
      }
    }
    return forward ? sum + b[channel] : sum;
  };
  return Array.from({ length: samples }, (_, i) => {
    const at = Math.floor(((i + 0.5) * result) / samples);
    return { at, value: element(at) };
  });
}
