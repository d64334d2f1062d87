import { extent, linearScale, logScale, type Scale, tickLabel } from "../../train/report/index";
import { figure } from "./format";
import { colorOf, el, FAINT, GRID, INK, picture, text } from "./svg";

const WIDTH = 880;

const verticalGrid = (x: Scale, top: number, bottom: number): string =>
  x.ticks
    .map(
      (v) =>
        el("line", { x1: x(v), x2: x(v), y1: top, y2: bottom, stroke: GRID }) +
        text(x(v), bottom + 16, tickLabel(v), { anchor: "middle", fill: FAINT, size: 11 }),
    )
    .join("");

const horizontalGrid = (y: Scale, left: number, right: number): string =>
  y.ticks
    .map(
      (v) =>
        el("line", { x1: left, x2: right, y1: y(v), y2: y(v), stroke: GRID }) +
        text(left - 6, y(v) + 4, tickLabel(v), { anchor: "end", fill: FAINT, size: 11 }),
    )
    .join("");

/** Names and their colours in a row. */
export function legend(
  names: readonly string[],
  x: number,
  y: number,
  colors: Readonly<Record<string, string>> = {},
): string {
  let at = x;
  return names
    .map((name) => {
      const mark =
        el("circle", { cx: at + 5, cy: y - 4, r: 5, fill: colors[name] ?? colorOf(name) }) + text(at + 15, y, name);
      at += 40 + name.length * 7;
      return mark;
    })
    .join("");
}

export interface Bar {
  label: string;
  value: number;
  color: string;
  /** Said behind the bar; the value itself by default. */
  note?: string;
}

/** Horizontal bars from zero. */
export function barChart(label: string, bars: readonly Bar[], unit: string): string {
  const [left, right, row, top] = [170, WIDTH - 190, 24, 8];
  const bottom = top + bars.length * row;
  const x = linearScale([0, Math.max(...bars.map((b) => b.value))], [left, right], { round: false });
  const drawn = bars.map(({ label: name, value, color, note }, i) => {
    const y = top + i * row;
    return (
      text(left - 10, y + 16, name, { anchor: "end" }) +
      el("rect", { x: left, y: y + 4, width: Math.max(1, x(value) - left), height: row - 8, rx: 2, fill: color }) +
      text(x(value) + 8, y + 16, note ?? `${figure(value)} ${unit}`)
    );
  });
  return picture(WIDTH, bottom + 26, label, verticalGrid(x, top, bottom), ...drawn);
}

export interface DotRow {
  label: string;
  values: Readonly<Record<string, number>>;
}

/** A row a case, a dot a contender, on a logarithmic axis; `limit` is drawn as a line. */
export function dotPlot(
  label: string,
  rows: readonly DotRow[],
  unit: string,
  limit?: { at: number; name: string },
): string {
  const names = [...new Set(rows.flatMap((r) => Object.keys(r.values)))];
  const [left, right, height, top] = [220, WIDTH - 40, 20, 34];
  const bottom = top + rows.length * height;
  const values = rows.flatMap((r) => Object.values(r.values));
  const x = logScale(extent(limit ? [...values, limit.at] : values), [left, right]);
  const drawn = rows.map((r, i) => {
    const y = top + (i + 0.5) * height;
    const at = Object.values(r.values).map(x);
    // The first named is drawn last: ours lies on top.
    const dots = Object.entries(r.values)
      .map(([name, v]) =>
        el("circle", { cx: x(v), cy: y, r: 5, fill: colorOf(name) }, el("title", {}, `${name} ${figure(v)}`)),
      )
      .reverse();
    return (
      text(left - 10, y + 4, r.label, { anchor: "end" }) +
      el("line", { x1: Math.min(...at), x2: Math.max(...at), y1: y, y2: y, stroke: "#b8c2c8", "stroke-width": 2 }) +
      dots.join("")
    );
  });
  const line = limit
    ? el("line", { x1: x(limit.at), x2: x(limit.at), y1: top, y2: bottom, stroke: INK, "stroke-dasharray": "4 3" }) +
      text(x(limit.at) - 6, 14, `${limit.name} ${figure(limit.at)}`, { anchor: "end", size: 11 })
    : "";
  const unitText = text(right, bottom + 34, unit, { anchor: "end", fill: FAINT, size: 11 });
  return picture(
    WIDTH,
    bottom + 42,
    label,
    verticalGrid(x, top, bottom),
    legend(names, left, 16),
    line,
    ...drawn,
    unitText,
  );
}

export interface Series {
  name: string;
  color: string;
  points: readonly { x: number; y: number }[];
  /** A fitted law, drawn as a line. */
  law?: { factor: number; exponent: number } | null;
}

/** Points, and their fitted lines, on two logarithmic axes. */
export function growthChart(
  label: string,
  series: readonly Series[],
  xUnit: string,
  yUnit: string,
  width = 430,
): string {
  const [left, right, top, bottom] = [64, width - 20, 40, 260];
  const all = series.flatMap((s) => s.points);
  const x = logScale(extent(all.map((p) => p.x)), [left, right]);
  const y = logScale(extent(all.map((p) => p.y)), [bottom, top]);
  const drawn = series.map(({ color, points, law }, i) => {
    const xs = points.map((p) => p.x);
    const [from, to] = [Math.min(...xs), Math.max(...xs)];
    const at = (v: number) => law!.factor * v ** law!.exponent;
    const line = law
      ? el("line", { x1: x(from), x2: x(to), y1: y(at(from)), y2: y(at(to)), stroke: color, "stroke-opacity": 0.5 })
      : "";
    const name = law ? `${series[i].name}: exponent ${law.exponent.toFixed(2)}` : series[i].name;
    const dots = points.map((p) => el("circle", { cx: x(p.x), cy: y(p.y), r: 4, fill: color })).join("");
    return line + dots + text(left + 8, top + 14 + i * 16, name, { fill: color });
  });
  return picture(
    width,
    300,
    label,
    verticalGrid(x, top, bottom),
    horizontalGrid(y, left, right),
    ...drawn,
    text(right, bottom + 34, xUnit, { anchor: "end", fill: FAINT, size: 11 }),
    text(8, top - 14, yUnit, { fill: FAINT, size: 11 }),
  );
}

export interface RoofPoint {
  /** FLOPs a byte that must move. */
  intensity: number;
  gflops: number;
  name: string;
  color: string;
}

/** The roofline picture (Williams, Waterman and Patterson, CACM 2009): rate against arithmetic intensity. */
export function rooflineChart(label: string, points: readonly RoofPoint[], gflops: number, gbs: number): string {
  const [left, right, top, bottom] = [64, WIDTH - 30, 24, 330];
  const x = logScale(extent(points.map((p) => p.intensity)), [left, right]);
  const y = logScale(extent([...points.map((p) => p.gflops), gflops]), [bottom, top]);
  const [low, high] = x.domain;
  const [bottomValue] = y.domain;
  const ridge = Math.min(high, Math.max(low, gflops / gbs));
  const start = Math.max(low, bottomValue / gbs);
  const roof = [
    [x(start), y(Math.min(gflops, start * gbs))],
    [x(ridge), y(Math.min(gflops, ridge * gbs))],
    [x(high), y(Math.min(gflops, high * gbs))],
  ];
  return picture(
    WIDTH,
    372,
    label,
    verticalGrid(x, top, bottom),
    horizontalGrid(y, left, right),
    el("polyline", {
      points: roof.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" "),
      fill: "none",
      stroke: INK,
    }),
    ...points.map((p) =>
      el(
        "circle",
        { cx: x(p.intensity), cy: y(p.gflops), r: 4.5, fill: p.color, "fill-opacity": 0.75 },
        el("title", {}, `${p.name}: ${figure(p.gflops)} GFLOP/s`),
      ),
    ),
    text(right, bottom + 34, "FLOPs a byte", { anchor: "end", fill: FAINT, size: 11 }),
    text(8, 12, "GFLOP/s", { fill: FAINT, size: 11 }),
  );
}
