import {
  apart,
  figure,
  linearScale,
  linePath,
  logScale,
  type Point,
  type Scale,
  thinned,
  tickLabel,
} from "../../train/report/index";
import { h, svg } from "./dom";

export interface Curve {
  name: string;
  /** 1 to 3: the colours of look.css. */
  color: 1 | 2 | 3;
  points: readonly Point[];
  dashed?: boolean;
}

export interface ChartSpec {
  title: string;
  xLabel: string;
  curves: readonly Curve[];
  log?: boolean;
  /** Values that the upright axis reaches in any case. */
  reach?: readonly number[];
}

const [WIDTH, HEIGHT] = [452, 234];
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 396, 10, 200];
/** From one line of text to the next. */
const LEADING = 14;
/** Points of a curve at most; longer ones are drawn by the means of their stretches. */
const MOST_POINTS = 180;

/** A small chart of curves, each with its last value beside it. */
export class LineChart {
  readonly element = h("figure", { class: "chart" });

  draw({ title, xLabel, curves, log = false, reach = [] }: ChartSpec): void {
    const drawable = curves
      .map((c) => ({ ...c, points: thinned(c.points, MOST_POINTS).line }))
      .filter((c) => c.points.length > 0);
    const key = h(
      "ul",
      { class: "key" },
      ...drawable.map(({ name, color, dashed }) => h("li", { class: `c${color}${dashed ? " dashed" : ""}` }, name)),
    );
    const caption = h("figcaption", {}, h("b", {}, title), drawable.length > 1 ? key : "");
    this.element.replaceChildren(caption, plot(title, xLabel, drawable, log, reach));
  }
}

function plot(title: string, xLabel: string, curves: readonly Curve[], log: boolean, reach: readonly number[]) {
  const xs = curves.flatMap(({ points }) => points.map(([x]) => x));
  const ys = curves.flatMap(({ points }) => points.map(([, y]) => y)).concat(reach);
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });
  if (xs.length === 0) return picture;
  const across = linearScale([Math.min(...xs), Math.max(...xs)], [LEFT, RIGHT], { round: false });
  const domain = [Math.min(...ys), Math.max(...ys)] as const;
  const up = log ? logScale(domain, [BOTTOM, TOP]) : linearScale(domain, [BOTTOM, TOP], { count: 4 });
  picture.append(...axes(across, up), svg("text", { x: RIGHT, y: HEIGHT - 4, "text-anchor": "end" }, xLabel));
  for (const { points, color, dashed } of curves) {
    picture.append(svg("path", { class: `line c${color}${dashed ? " dashed" : ""}`, d: linePath(points, across, up) }));
  }
  const ends = curves.map(({ points, color }) => ({ value: points[points.length - 1][1], color }));
  ends.sort((a, b) => up(a.value) - up(b.value));
  const wanted = ends.map(({ value }) => up(value));
  for (const [i, y] of apart(wanted, LEADING, [TOP, BOTTOM]).entries()) {
    const { value, color } = ends[i];
    picture.append(svg("text", { class: `end c${color}`, x: RIGHT + 5, y: y + 4 }, figure(value)));
  }
  return picture;
}

function axes(across: Scale, up: Scale): SVGElement[] {
  const rows = up.ticks.flatMap((tick) => [
    svg("line", { class: "grid", x1: LEFT, x2: RIGHT, y1: up(tick), y2: up(tick) }),
    svg("text", { x: LEFT - 6, y: up(tick) + 4, "text-anchor": "end" }, tickLabel(tick)),
  ]);
  const columns = across.ticks.map((tick) =>
    svg("text", { x: across(tick), y: BOTTOM + 16, "text-anchor": "middle" }, tickLabel(tick)),
  );
  return [...rows, ...columns];
}
