import { relativeError } from "../../../engine/check-op";
import type { Gpu } from "../../../engine/gpu";
import type { Nd } from "../../../engine/nd";
import type { Shape } from "../../../engine/tensor";
import type { Case } from "./case";
import { apply, type OpName, type Table } from "./ops";

/** Largest difference allowed, relative to the expected values' absmax. The origin's own, 1e-3, is looser. */
const TOLERANCE = 1e-4;

/** A result beside what was expected of it. */
interface Compared {
  what: string;
  shape: Shape;
  values: Promise<Float32Array>;
  want: Nd;
}

/** Runs a table's cases and says what is wrong with each that fails. All are recorded before the first is awaited. */
export async function failures(gpu: Gpu, { op, cases }: Table): Promise<string[]> {
  const started = cases.map((c) => start(gpu, op, c));
  const wrong: string[] = [];
  for (const [n, compared] of started.entries()) {
    for (const result of compared) {
      const difference = mismatch(await result.values, result, cases[n].decimals);
      if (difference) wrong.push(`${cases[n].title}: ${result.what} ${difference}`);
    }
  }
  return wrong;
}

/** Records a case and its read-backs. */
function start(gpu: Gpu, op: OpName, { x, attrs = {}, y: wanted, dy, dx = [] }: Case<object>): Compared[] {
  const compared: Compared[] = [];
  gpu.scope(() => {
    const inputs = x.map(({ data, shape }) => gpu.tensor(data, shape));
    for (const [i, want] of dx.entries()) inputs[i].requiresGrad = want !== null;
    const y = apply(op, inputs, attrs);
    if (wanted) compared.push({ what: "result", shape: y.shape, values: y.data(), want: wanted });
    if (dx.length > 0) y.backward(dy && gpu.tensor(dy.data, dy.shape));
    for (const [i, want] of dx.entries()) {
      const { grad } = inputs[i];
      if (!want || !grad) continue;
      compared.push({ what: `gradient ${i}`, shape: grad.shape, values: grad.data(), want });
      grad.dispose();
    }
  });
  return compared;
}

/** How a result differs from what was expected, null where it does not. */
function mismatch(got: Float32Array, { shape, want }: Compared, decimals?: number): string | null {
  if (shape.join() !== want.shape.join()) return `has shape [${shape.join(", ")}], not [${want.shape.join(", ")}]`;
  // An infinity has no difference to measure: it must be met by the same one.
  const infinite = want.data.findIndex((v, i) => Math.abs(v) === Number.POSITIVE_INFINITY && v !== got[i]);
  if (infinite >= 0) return `is ${got[infinite]} at ${infinite}, not ${want.data[infinite]}`;
  const finite = (_: number, i: number) => Math.abs(want.data[i]) !== Number.POSITIVE_INFINITY;
  const error = relativeError(got.filter(finite), want.data.filter(finite));
  const scale = Math.max(...want.data.filter(Number.isFinite).map(Math.abs));
  const most = decimals === undefined ? TOLERANCE : TOLERANCE + 10 ** -decimals / scale;
  return error <= most ? null : `is off by ${error.toExponential(2)} of its absmax: ${[...got]}, not ${[...want.data]}`;
}
