/** One comparison of ours with the fixture's. */
export interface Check {
  name: string;
  /** What was measured, in words: "max difference / absmax", ... */
  measure: string;
  value: number;
  limit: number;
  ok: boolean;
}

/** What `verify` found. */
export interface VerifyReport {
  kind: "model" | "trajectory" | "masks";
  file: string;
  checks: Check[];
  /** Facts that are no verdicts, e.g. undecidable mask pixels. */
  notes: string[];
  ok: boolean;
}

export const check = (name: string, measure: string, value: number, limit: number): Check => ({
  name,
  measure,
  value,
  limit,
  ok: value <= limit, // NaN fails
});

/** Largest difference, relative to the expected values' absmax; infinite where a value is NaN or all are 0 but ours. */
export function relativeToAbsmax(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let [worst, absmax] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    const d = Math.abs(got[i] - want[i]);
    if (Number.isNaN(d)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, d);
    absmax = Math.max(absmax, Math.abs(want[i]));
  }
  return worst === 0 ? 0 : worst / absmax;
}

export const relative = (got: number, want: number): number => Math.abs(got - want) / Math.max(Math.abs(want), 1e-30);

/** The report for a terminal: every check on a line, failures marked, the verdict last. */
export function formatReport(report: VerifyReport): string {
  const width = Math.max(...report.checks.map((c) => c.name.length), 4);
  const lines = report.checks.map((c) => {
    const mark = c.ok ? "ok  " : "FAIL";
    return `${mark} ${c.name.padEnd(width)}  ${c.value.toExponential(2)} (limit ${c.limit.toExponential(1)})  ${c.measure}`;
  });
  const failed = report.checks.filter((c) => !c.ok).length;
  const verdict = failed
    ? `${failed} of ${report.checks.length} checks FAILED`
    : `all ${report.checks.length} checks ok`;
  return [...lines, ...report.notes.map((n) => `note ${n}`), `${report.kind} ${report.file}: ${verdict}`].join("\n");
}
