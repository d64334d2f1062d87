import type { Gpu } from "../../../../engine/core/gpu";
import type { Nd } from "../../../../engine/core/nd";
import type { Shape } from "../../../../engine/core/tensor";
import { relativeError } from "../../../../engine/ops/check-op";
import type { Case } from "./case";
import { apply, type OpName, type Table } from "./ops";

/** Largest difference allowed, relative to the expected values' absmax. The origin allows 1e-3, whatever their size. */
const TOLERANCE = 1e-4;
/** The absmax of expected values that are all smaller. */
const LEAST_SCALE = 1e-3;

/** A result on its way back, beside what was expected of it. */
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
  for (const [n, results] of started.entries()) {
    for (const result of results) {
      const difference = mismatch(await result.values, result, cases[n].decimals);
      if (difference) wrong.push(`${cases[n].title}: ${result.what} ${difference}`);
    }
  }
  return wrong;
}

/** Records a case and its read-backs. */
function start(gpu: Gpu, op: OpName, { title, x, attrs = {}, y: wanted, dy, dx }: Case<object>): Compared[] {
  if (!wanted && !dx) throw new Error(`${op}, ${title}: expects nothing`);
  const results: Compared[] = [];
  gpu.scope(() => {
    const inputs = x.map(({ data, shape }) => gpu.tensor(data, shape));
    for (const [i, want] of (dx ?? []).entries()) inputs[i].requiresGrad = want !== null;
    const y = apply(op, inputs, attrs);
    if (wanted) results.push({ what: "result", shape: y.shape, values: y.data(), want: wanted });
    if (!dx) return;
    y.backward(dy && gpu.tensor(dy.data, dy.shape));
    for (const [i, want] of dx.entries()) {
      if (!want) continue;
      const { grad } = inputs[i];
      if (!grad) throw new Error(`${op}, ${title}: input ${i} has no gradient`);
      results.push({ what: `gradient ${i}`, shape: grad.shape, values: grad.data(), want });
      grad.dispose();
    }
  });
  return results;
}

/** How a result differs from what was expected, null where it does not. */
function mismatch(got: Float32Array, { shape, want }: Compared, decimals?: number): string | null {
  if (shape.join() !== want.shape.join()) return `has shape [${shape.join(", ")}], not [${want.shape.join(", ")}]`;
  const isInfinite = (v: number) => Math.abs(v) === Number.POSITIVE_INFINITY;
  // An infinity has no difference to measure: it must be met by the same one.
  const missed = want.data.findIndex((v, i) => isInfinite(v) && v !== got[i]);
  if (missed >= 0) return `is ${got[missed]} at ${missed}, not ${want.data[missed]}`;
  const measured = (_: number, i: number) => !isInfinite(want.data[i]);
  const scale = Math.max(LEAST_SCALE, ...want.data.filter(Number.isFinite).map(Math.abs));
  const error = relativeError(got.filter(measured), want.data.filter(measured), LEAST_SCALE);
  const rounding = decimals === undefined ? 0 : 10 ** -decimals / scale;
  return error <= TOLERANCE + rounding
    ? null
    : `is off by ${error.toExponential(2)} of its absmax: ${[...got]}, not ${[...want.data]}`;
}
