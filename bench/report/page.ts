import type { KernelsResult, LayerFigures } from "../kernels/index";
import { OURS } from "../peers/index";
import type { StepResult, SweepResult } from "../step/index";
import { barChart, type DotRow, dotPlot, growthChart, legend, rooflineChart } from "./charts";
import { figure, show } from "./format";
import type { AnyResult, Results } from "./results";
import { bandwidth, type Section, sections, type Table } from "./sections";
import { colorOf, escaped, picture } from "./svg";

/** Results as one HTML file that needs nothing else: charts as inline SVG, the same tables below. */
export function resultsPage(results: Results): string {
  const body = sections(results).map((s) => sectionHtml(s));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>nsrm: measured</title>
<style>${STYLE}</style>
<main>
<h1>Measured</h1>
${body.join("\n")}
</main>
</html>
`;
}

const STYLE = `
body { margin: 0; background: #fafbfb; color: #26323a; font: 15px/1.55 system-ui, sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 32px 24px 80px; }
h1 { font-size: 28px; font-weight: 600; }
h2 { font-size: 21px; font-weight: 600; margin: 56px 0 8px; border-top: 1px solid #e4e8ea; padding-top: 28px; }
h3 { font-size: 15px; font-weight: 600; margin: 28px 0 6px; }
p { margin: 6px 0; max-width: 78ch; }
p:first-of-type { color: #7b8790; font-size: 13px; }
code { font-size: 13px; background: #eef1f2; padding: 1px 5px; border-radius: 3px; }
svg { display: block; max-width: 100%; height: auto; margin: 4px 0; }
.row { display: flex; flex-wrap: wrap; gap: 12px; }
.row svg { flex: 0 1 430px; min-width: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 12px; text-align: right; white-space: nowrap; border-bottom: 1px solid #e4e8ea; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { font-weight: 600; color: #56636b; }
summary { cursor: pointer; margin-top: 20px; color: #56636b; }
`;

function chartsOf(result: AnyResult): string {
  if (result.kind === "step") return stepCharts(result);
  if (result.kind === "kernels") return kernelCharts(result);
  return result.kind === "sweep" ? sweepCharts(result) : "";
}

function sectionHtml(section: Section): string {
  const charts = chartsOf(section.result);
  const tables = section.tables.map(tableHtml).join("\n");
  // Charts tell a long table's story: the table then waits to be opened.
  const below = charts ? `<details><summary>Tables</summary>${tables}</details>` : tables;
  return `<section>\n<h2>${escaped(section.title)}</h2>\n${section.lines.map(paragraph).join("\n")}\n${charts}\n${below}\n</section>`;
}

/** Text with `code` marked as in Markdown. */
const paragraph = (line: string): string => `<p>${escaped(line).replace(/`([^`]+)`/g, "<code>$1</code>")}</p>`;

function tableHtml({ title, head, rows }: Table): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((c) => `<${tag}>${escaped(c)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line(row.map(show), "td")).join("\n");
  return `<h3>${escaped(title)}</h3>\n<div class="wide"><table>\n${line(head, "th")}\n${body}\n</table></div>`;
}

function stepCharts(r: StepResult): string {
  const all = [[OURS, r] as const, ...Object.entries(r.peers)];
  const bars = (title: string, pick: (f: (typeof all)[number][1]) => number | null) => {
    const mine = pick(r);
    const list = all.flatMap(([label, f]) => {
      const value = pick(f);
      if (value === null) return [];
      const times = mine !== null && label !== OURS ? `, ${figure(value / mine)} times ours` : "";
      return [{ label, value, color: colorOf(label), note: `${figure(value)} ms${times}` }];
    });
    return list.length ? `<h3>${title}</h3>${barChart(title, list, "ms")}` : "";
  };
  const profile = r.profile
    ? `<h3>Where our step's time goes, by kernel</h3>${barChart(
        "GPU time by kernel",
        r.profile.kernels.slice(0, 10).map((k) => ({
          label: k.name,
          value: k.ms,
          color: colorOf(OURS),
          note: `${figure(k.ms)} ms in ${k.dispatches}`,
        })),
        "ms",
      )}`
    : "";
  return [
    bars("Training step", (f) => f.step_ms),
    bars("Forward alone", (f) => f.forward_ms),
    bars("First step, from a cold start", (f) => f.first_ms),
    profile,
  ].join("\n");
}

const PASSES = {
  forward: "Convolution, forward",
  dx: "Convolution, gradient by the input",
  dw: "Convolution, gradient by the weights",
};

function kernelCharts(r: KernelsResult): string {
  const convs = r.layers.filter((l) => l.op === "conv");
  const rates = (l: LayerFigures): DotRow => ({
    label: l.name,
    values: Object.fromEntries([
      [OURS, l.gflops],
      ...Object.entries(l.peers).map(([name, p]) => [name, l.flops / (p.ms * 1e6)]),
    ]),
  });
  const limit = { at: r.roofline.fma_gflops, name: "multiply-adds" };
  const plots = (Object.keys(PASSES) as (keyof typeof PASSES)[]).flatMap((pass) => {
    const rows = convs.filter((l) => l.pass === pass).map(rates);
    return rows.length ? [`<h3>${PASSES[pass]}, GFLOP/s</h3>${dotPlot(PASSES[pass], rows, "GFLOP/s", limit)}`] : [];
  });
  const others = r.layers.filter((l) => l.op !== "conv");
  if (others.length) {
    const rows = others.map((l) => ({
      label: `${l.op} ${l.name.replace(/^\d+ joints, /, "")} ${l.pass}`,
      values: Object.fromEntries([[OURS, l.ms], ...Object.entries(l.peers).map(([name, p]) => [name, p.ms])]),
    }));
    plots.push(`<h3>All else, ms</h3>${dotPlot("Pooling, masks, losses, Adam", rows, "ms")}`);
  }
  const points = convs.map((l) => ({
    intensity: l.flops / l.bytes,
    gflops: l.gflops,
    name: `${l.name} ${l.pass}`,
    color: PASS_COLORS[l.pass],
  }));
  if (points.length) {
    plots.push(
      `<h3>Our convolutions under the roofline</h3>${passLegend()}${rooflineChart(
        "Rate against arithmetic intensity",
        points,
        r.roofline.fma_gflops,
        bandwidth(r),
      )}`,
    );
  }
  return plots.join("\n");
}

const PASS_COLORS: Readonly<Record<string, string>> = { forward: "#0f766e", dx: "#3b82b6", dw: "#b45f7d" };
const passLegend = (): string =>
  picture(
    880,
    22,
    "forward, gradient by the input, gradient by the weights",
    legend(["forward", "dx", "dw"], 64, 16, PASS_COLORS),
  );

function sweepCharts(r: SweepResult): string {
  const units = { batch: "images", size: "pixels", width: "width squared" };
  const charts = r.axes
    .filter((a) => a.points.length > 1)
    .map((a) =>
      growthChart(
        `Cost against ${units[a.axis]}`,
        [
          {
            name: "step",
            color: colorOf(OURS),
            points: a.points.map((p) => ({ x: p.x, y: p.step_ms })),
            law: a.step,
          },
          {
            name: "forward",
            color: "#3b82b6",
            points: a.points.map((p) => ({ x: p.x, y: p.forward_ms })),
            law: a.forward,
          },
        ],
        units[a.axis],
        "ms",
      ),
    );
  return `<div class="row">${charts.join("\n")}</div>`;
}
