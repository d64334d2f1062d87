import type { Conditions } from "../conditions";
import type { StepResult } from "../step";

/** Plain-text tables for the terminal. */
export type Cell = string | number | null;

/** Columns aligned, the first to the left and the others to the right. */
export function textTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(show))];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  return cells
    .map((row) => row.map((c, i) => (i === 0 ? c.padEnd(widths[i]) : c.padStart(widths[i]))).join("  "))
    .join("\n");
}

export const show = (value: Cell): string => (value === null ? "-" : typeof value === "number" ? figure(value) : value);

/** A number with about three digits that say something. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export const mebibytes = (bytes: number): number => bytes / 2 ** 20;

export const conditionsLine = ({ adapter, machine, versions, date }: Conditions): string =>
  `${adapter.kind}: ${adapter.driver}; ${machine}; ` +
  `${Object.entries(versions)
    .map(([k, v]) => `${k} ${v}`)
    .join(", ")}; ${date.slice(0, 16).replace("T", " ")} UTC`;

export const networkLine = ({ network: n }: StepResult): string =>
  `${n.model}, width ${n.width}, ${n.image_size} x ${n.image_size}, batch ${n.batch_size}, ` +
  `${n.parameters.toLocaleString("en")} parameters`;

export function stepText(r: StepResult): string {
  const row = (name: string, f: StepResult | StepResult["peers"][string]): Cell[] => [
    name,
    f.step_ms,
    f.timing.step.spread,
    f.forward_ms,
    f.timing.forward.spread,
    f.images_per_s,
    mebibytes(f.peak_bytes),
    f.first_ms,
  ];
  const lines = [
    conditionsLine(r),
    networkLine(r),
    `medians of ${r.timing.step.runs} interleaved runs, +- half the distance of the quartiles`,
    "",
    textTable(
      ["", "step ms", "+-", "forward ms", "+-", "images/s", "peak MiB", "first step ms"],
      [row("nsrm", r), ...Object.entries(r.peers).map(([name, f]) => row(name, f))],
    ),
    "",
  ];
  for (const [name, p] of Object.entries(r.peers)) {
    const first = p.ratio_first === null ? "" : `, first step ${figure(p.ratio_first)}`;
    lines.push(`times faster than ${name}: step ${figure(p.ratio_step)}, forward ${figure(p.ratio_forward)}${first}`);
    const { loss, gradient, next_loss } = p.agreement;
    const e = (v: number) => v.toExponential(1);
    lines.push(`${name} agrees: loss ${e(loss)}, gradients ${e(gradient)} of absmax, next loss ${e(next_loss)}`);
  }
  lines.push(`recording and submitting a step: ${figure(r.encode_ms)} ms of CPU; ${r.pipelines} pipelines`);
  if (r.profile) {
    const { gpu_ms, phases, kernels, dispatches } = r.profile;
    lines.push(
      "",
      `by timestamp queries: ${figure(gpu_ms)} ms in ${dispatches} dispatches ` +
        `(forward ${figure(phases.forward)}, backward ${figure(phases.backward)}, optimizer ${figure(phases.optimizer)})`,
      textTable(
        ["kernel", "ms", "share %", "dispatches"],
        kernels.map((k) => [k.name, k.ms, (100 * k.ms) / gpu_ms, k.dispatches]),
      ),
    );
  }
  return lines.join("\n");
}
