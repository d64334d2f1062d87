import { el, escapeText } from "./html";
import { figure, linearScale, logScale, type Scale, tickLabel } from "./scale";
import type { Point, Thinned } from "./series";

export interface Series {
  name: string;
  /** A colour of style.ts, by its name there. */
  color: string;
  points: readonly Point[];
  /** Drawn as a pale area behind the line. */
  band?: Thinned["band"];
  /** A mark at each point, with a text to be shown over it. */
  marks?: (point: Point) => string;
  dashed?: boolean;
}

export interface Axis {
  label: string;
  log?: boolean;
  /** Values that the axis reaches in any case. */
  reach?: readonly number[];
}

export interface ChartSpec {
  title: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
  /** A line of text below. */
  note?: string;
}

const [WIDTH, HEIGHT] = [400, 232];
/** The plot's edges; to the right of it stand the curves' last values. */
const [LEFT, RIGHT, TOP, BOTTOM] = [42, 352, 22, 198];
/** From one line of text to the next. */
const LEADING = 12.5;

/** A chart of curves with its legend; "nothing to show" where no curve has a point. */
export function lineChart({ title, x, y, series, note }: ChartSpec): string {
  const drawable = series
    .map((s) => ({ ...s, points: s.points.filter(([, v]) => Number.isFinite(v) && (!y.log || v > 0)) }))
    .filter((s) => s.points.length > 0);
  const body = drawable.length === 0 ? el("p", { class: "empty" }, "nothing to show yet") : plot(x, y, drawable, title);
  return card(title, drawable.length > 1 ? legend(drawable) : "", body, note);
}

export function card(title: string, ...children: (string | undefined)[]): string {
  const note = children.pop();
  const small = note ? el("p", { class: "note" }, escapeText(note)) : "";
  return el("figure", { class: "card" }, el("h3", {}, escapeText(title)), ...children, small);
}

export function legend(entries: readonly Pick<Series, "name" | "color" | "dashed">[]): string {
  const items = entries.map(({ name, color, dashed }) =>
    el("li", {}, el("i", { style: `--c:var(--${color})`, class: dashed ? "dashed" : undefined }), escapeText(name)),
  );
  return el("ul", { class: "legend" }, ...items);
}

function plot(x: Axis, y: Axis, series: readonly Series[], title: string): string {
  const xs = series.flatMap(({ points }) => points.map(([v]) => v)).concat(x.reach ?? []);
  const ys = series.flatMap(({ points }) => points.map(([, v]) => v)).concat(y.reach ?? []);
  const across = linearScale(extent(xs), [LEFT, RIGHT], { round: false });
  const up = y.log ? logScale(extent(ys), [BOTTOM, TOP]) : linearScale(extent(ys), [BOTTOM, TOP], { count: 4 });
  return svg(
    title,
    grid(across, up),
    axisNames(x, y),
    ...series.map((s) => bandArea(s, across, up)),
    ...series.map((s) => curve(s, across, up)),
    lastValues(series, up),
  );
}

export const svg = (label: string, ...children: string[]): string =>
  el("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, ...children);

export const extent = (values: readonly number[]): [number, number] =>
  values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);

/** Coordinates in tenths of a pixel. */
const at = (value: number): string => String(Math.round(value * 10) / 10);

/** The curve's points as an SVG path: "M46,196L352,12". */
export function linePath(points: readonly Point[], across: (v: number) => number, up: (v: number) => number): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${at(across(x))},${at(up(y))}`).join("");
}

function curve({ points, color, dashed, marks, name }: Series, across: Scale, up: Scale): string {
  const path = el("path", {
    class: dashed ? "line dashed" : "line",
    style: `--c:var(--${color})`,
    d: linePath(points, across, up),
  });
  const dots = marks
    ? points.map((point) =>
        el(
          "circle",
          { class: "dot", style: `--c:var(--${color})`, cx: at(across(point[0])), cy: at(up(point[1])), r: 2.6 },
          el("title", {}, escapeText(`${name}: ${marks(point)}`)),
        ),
      )
    : [];
  return path + dots.join("");
}

function bandArea({ band = [], color }: Series, across: Scale, up: Scale): string {
  if (band.length < 2) return "";
  const clamped = (v: number) => up(Math.min(Math.max(v, up.domain[0]), up.domain[1]));
  const upper = band.map(([x, , high]): Point => [x, high]);
  const lower = band.map(([x, low]): Point => [x, low]).reverse();
  const d = `${linePath([...upper, ...lower], across, clamped)}Z`;
  return el("path", { class: "band", style: `--c:var(--${color})`, d });
}

/** Lines across at the ticks of both scales, with their values. */
export function grid(across: Scale | null, up: Scale, right = RIGHT): string {
  const rows = up.ticks.map(
    (v) =>
      el("line", { class: "grid", x1: LEFT, x2: right, y1: at(up(v)), y2: at(up(v)) }) +
      el("text", { x: LEFT - 6, y: at(up(v) + 3.5), "text-anchor": "end" }, tickLabel(v)),
  );
  const columns = (across?.ticks ?? []).map((v) =>
    el("text", { x: at(across!(v)), y: BOTTOM + 15, "text-anchor": "middle" }, tickLabel(v)),
  );
  return rows.join("") + columns.join("");
}

function axisNames(x: Axis, y: Axis): string {
  const bottom = el("text", { class: "axis", x: RIGHT, y: HEIGHT - 5, "text-anchor": "end" }, escapeText(x.label));
  const left = el("text", { class: "axis", x: 0, y: 9 }, escapeText(y.label));
  return left + bottom;
}

/** Each curve's last value beside the plot, moved apart where they would overlap. */
function lastValues(series: readonly Series[], up: Scale): string {
  const ends = series
    .map(({ points, color }) => ({ value: points.at(-1)![1], color }))
    .sort((a, b) => up(a.value) - up(b.value));
  const places = apart(
    ends.map(({ value }) => up(value)),
    LEADING,
    [TOP, BOTTOM],
  );
  return ends
    .map(({ value, color }, i) =>
      el("text", { class: "end", style: `--c:var(--${color})`, x: RIGHT + 6, y: at(places[i] + 3.5) }, figure(value)),
    )
    .join("");
}

/** Ascending places, moved until they are `gap` apart, within bounds as far as there is room. */
export function apart(places: readonly number[], gap: number, [low, high]: readonly [number, number]): number[] {
  const moved = [...places];
  for (let i = 1; i < moved.length; i++) moved[i] = Math.max(moved[i], moved[i - 1] + gap);
  let limit = high;
  for (let i = moved.length - 1; i >= 0; i--, limit -= gap) moved[i] = Math.min(moved[i], limit);
  for (let i = 0; i < moved.length; i++) moved[i] = Math.max(moved[i], low + i * gap);
  return moved;
}

export interface Bar {
  value: number;
  color: string;
  title: string;
}

export interface BarGroup {
  name: string;
  bars: readonly Bar[];
}

/** Upright bars from zero in named groups. `key` is a legend. */
export function barChart(title: string, groups: readonly BarGroup[], { key, note }: { key?: string; note?: string }) {
  const bars = groups.flatMap((group) => group.bars);
  const highest = Math.max(0, ...bars.map(({ value }) => value).filter(Number.isFinite));
  const up = linearScale([0, highest], [BOTTOM, TOP], { count: 4 });
  const gap = 0.8;
  const width = (WIDTH - LEFT) / (bars.length + gap * groups.length);
  let x = LEFT + (gap * width) / 2;
  const drawn = groups.map(({ name, bars }) => {
    const begin = x;
    const columns = bars.map(({ value, color, title }) => {
      // A joint that is never found keeps a line on the ground; one that was never judged has nothing.
      const top = Number.isFinite(value) ? Math.min(up(value), BOTTOM - 1) : BOTTOM;
      const box = { x: at(x + 0.08 * width), y: at(top), width: at(0.84 * width), height: at(BOTTOM - top), rx: 1.5 };
      x += width;
      return el("rect", { class: "bar", style: `--c:var(--${color})`, ...box }, el("title", {}, escapeText(title)));
    });
    const label = el("text", { x: at((begin + x) / 2), y: BOTTOM + 15, "text-anchor": "middle" }, escapeText(name));
    x += gap * width;
    return columns.join("") + label;
  });
  return card(title, key, svg(title, grid(null, up, WIDTH), ...drawn), note);
}
