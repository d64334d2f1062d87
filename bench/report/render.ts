import { show } from "./format";
import type { Results } from "./results";
import { type Section, sections, type Table } from "./sections";

/** Results for a terminal. */
export const resultsText = (results: Results): string =>
  sections(results)
    .map(({ lines, tables }) => [lines.join("\n"), ...tables.map(alignedTable)].join("\n\n"))
    .join("\n\n");

/** Results as a Markdown file. */
export function resultsMarkdown(results: Results): string {
  const head = [
    "# Measured",
    "",
    "Written by `npx nsrm bench report` from what the commands below wrote; `npm run bench` measures everything again.",
  ];
  return `${[...head, ...sections(results).map(markdownSection)].join("\n")}\n`;
}

function markdownSection({ title, lines, tables }: Section): string {
  return ["", `## ${title}`, ...lines.flatMap((l) => ["", l]), ...tables.map(markdownTable)].join("\n");
}

function markdownTable({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map((_, i) => (i === 0 ? "---" : "---:"));
  return ["", `### ${title}`, "", line(head), line(rule), ...rows.map((row) => line(row.map(show)))].join("\n");
}

/** Columns aligned, the first to the left and the others to the right. */
export function alignedTable({ head, rows }: Table): string {
  const cells = [head, ...rows.map((row) => row.map(show))];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  return cells
    .map((row) =>
      row
        .map((c, i) => (i === 0 ? c.padEnd(widths[i]) : c.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
