import { families } from "./index";
import type { Table } from "./ops";
import { leftOut, unexpressed } from "./unexpressed";

export interface Count {
  cases: number;
  gradients: number;
}

const countOf = (tables: readonly Table[]): Count => {
  const cases = tables.flatMap((table) => table.cases);
  return { cases: cases.length, gradients: cases.filter((c) => c.dx).length };
};

const tables = Object.values(families).flat();

/** How many cases there are, and how many of them test gradients. */
export const total: Count = countOf(tables);

/** The same for each of the origin's files that has cases. */
export const covered: ReadonlyMap<string, Count> = new Map(
  [...new Set(tables.map((table) => table.from))]
    .sort()
    .map((from) => [from, countOf(tables.filter((table) => table.from === from))]),
);

/** The table of docs/peer-cases.md: every file of the origin, in alphabetical order. */
export function coverageTable(): string {
  const files = [...covered.keys(), ...Object.keys(unexpressed)].sort();
  const rows = files.map((file) => {
    const count = covered.get(file);
    const numbers = count ? `${count.cases} | ${count.gradients || ""}` : " | ";
    return `| ${file} | ${numbers} | ${unexpressed[file] ?? leftOut[file] ?? ""} |`.replaceAll(/ {2,}/g, " ");
  });
  return ["| file | cases | of gradients | left out |", "|---|---|---|---|", ...rows].join("\n");
}
