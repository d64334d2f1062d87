import { readFileSync, writeFileSync } from "node:fs";

/** What came of a fault: the same weights as without it, a refusal in one line, or what must not be. */
export type Outcome = "identical" | "refused" | "lost" | "hung" | "stack trace";

const OUTCOMES: readonly Outcome[] = ["identical", "refused", "lost", "hung", "stack trace"];
const HEADINGS = ["fault", "times", "identical", "refused in one line", "lost", "hung", "stack traces"];

/** Counts what came of each kind of fault. */
export class Campaign {
  readonly #counts = new Map<string, Map<Outcome, number>>();
  /** What was lost, hung or fell over, for the test's message. */
  readonly failures: string[] = [];

  record(fault: string, outcome: Outcome, detail = ""): void {
    const row = this.#counts.get(fault) ?? new Map<Outcome, number>();
    this.#counts.set(fault, row);
    row.set(outcome, (row.get(outcome) ?? 0) + 1);
    if (outcome !== "identical" && outcome !== "refused") this.failures.push(`${fault}: ${outcome}: ${detail}`);
  }

  /** Faults of all kinds whose names begin so. */
  times(beginning: string): number {
    const rows = [...this.#counts].filter(([fault]) => fault.startsWith(beginning));
    return rows.reduce((sum, [, row]) => sum + total(row), 0);
  }

  /** As Markdown, the kinds in the order in which they were first tried. */
  table(): string {
    const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
    const row = (fault: string, counts: Map<Outcome, number>) =>
      line([fault, total(counts), ...OUTCOMES.map((outcome) => counts.get(outcome) ?? 0)]);
    const all = new Map(OUTCOMES.map((outcome) => [outcome, this.#sum(outcome)]));
    return [
      line(HEADINGS),
      line(HEADINGS.map((_, i) => (i === 0 ? "---" : "--:"))),
      ...[...this.#counts].map(([fault, counts]) => row(fault, counts)),
      row("all", all),
    ].join("\n");
  }

  #sum(outcome: Outcome): number {
    return [...this.#counts.values()].reduce((sum, row) => sum + (row.get(outcome) ?? 0), 0);
  }
}

const total = (row: Map<Outcome, number>): number => [...row.values()].reduce((sum, n) => sum + n, 0);

/** Puts a text between two marks of a document. */
export function replaceBetween(path: string, [begin, end]: readonly [string, string], text: string): void {
  const document = readFileSync(path, "utf8");
  const [from, to] = [document.indexOf(begin) + begin.length, document.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`${path}: expected the marks ${begin} and ${end}`);
  writeFileSync(path, `${document.slice(0, from)}\n\n${text}\n\n${document.slice(to)}`);
}
