import { SPLITS } from "../data/index";
import type { Skipped } from "./contract/node";
import type { Prepared } from "./prepare";

/** What was taken, what was left out and why, as a table; then what deserves a second look. */
export function summaryLines(target: string, prepared: Prepared): string[] {
  const { photos, hands, joints, skipped, notes } = prepared;
  const taken = SPLITS.reduce((sum, split) => sum + hands[split], 0);
  const rows: [string, number, string][] = [
    ["taken", taken, `hands of ${photos} photographs`],
    ...SPLITS.map((split): [string, number, string] => [`  ${split}`, hands[split], ""]),
    ["joints", joints.labelled, "labelled"],
    ["", joints.visible, "marked as visible"],
    ...(joints.missing > 0 ? [missing(joints.missing)] : []),
    ["skipped", skipped.length, ""],
    ...reasons(skipped).map(({ why, list }): [string, number, string] => {
      const example = list.length > 1 ? `${list[0]}, ...` : list[0];
      return ["", list.length, `${why}: ${example}`];
    }),
  ];
  const digits = Math.max(...rows.map(([, n]) => String(n).length));
  const table = rows.map(([label, n, what]) => `${label.padEnd(9)}${String(n).padStart(digits)}  ${what}`.trimEnd());
  return [`${target}:`, ...table, ...notes.map((note) => `note: ${note}`)];
}

const missing = (count: number): [string, number, string] => [
  "",
  count,
  "not labelled: marked as not visible, and fitted, where a flat hand over the others has them",
];

/** The reasons, the most frequent first, with what they concern. */
function reasons(skipped: readonly Skipped[]): { why: string; list: string[] }[] {
  const byReason = new Map<string, string[]>();
  for (const { what, why } of skipped) {
    const list = byReason.get(why);
    if (list) list.push(what);
    else byReason.set(why, [what]);
  }
  return [...byReason].map(([why, list]) => ({ why, list })).sort((a, b) => b.list.length - a.list.length);
}
