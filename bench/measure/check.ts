/** A peer computes other numbers than we do: its speed would mean nothing, so the benchmark stops. */
export class MismatchError extends Error {
  override name = "MismatchError";
}

/** Largest difference of two arrays, relative to the first one's absmax. NaN anywhere gives Infinity. */
export function relativeError(want: Float32Array, got: Float32Array): number {
  if (want.length !== got.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < want.length; i++) {
    const d = Math.abs(want[i] - got[i]);
    if (!(d <= difference)) difference = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
    largest = Math.max(largest, Math.abs(want[i]));
  }
  return difference === 0 ? 0 : difference / largest;
}

/** @throws MismatchError unless `error` is at most `tolerance` */
export function demand(peer: string, what: string, error: number, tolerance: number): void {
  if (error <= tolerance) return;
  throw new MismatchError(
    `${peer} differs from us in ${what} by ${error.toExponential(1)} (at most ${tolerance.toExponential(0)}): not timed`,
  );
}

/** The first line of what went wrong, for a result's list of what could not be measured. */
export const reasonOf = (error: unknown): string => String((error as Error)?.message ?? error).split("\n")[0];
