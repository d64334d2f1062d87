/** Just enough SVG to draw the report's charts by hand. */
import { OURS, PEERS } from "../peers/index";

type Attributes = Readonly<Record<string, string | number | undefined>>;

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);

/** One element; numbers are rounded to a tenth of a pixel. `children` is markup, or text made by `escaped`. */
export function el(name: string, attributes: Attributes, ...children: string[]): string {
  const list = Object.entries(attributes)
    .filter(([, v]) => v !== undefined)
    .map(([k, v]) => ` ${k}="${typeof v === "number" ? Math.round(v * 10) / 10 : escaped(v!)}"`)
    .join("");
  return children.length ? `<${name}${list}>${children.join("")}</${name}>` : `<${name}${list}/>`;
}

export interface TextStyle {
  anchor?: "start" | "middle" | "end";
  fill?: string;
  size?: number;
  weight?: number;
  rotate?: number;
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { anchor = "start", fill = INK, size = 12, weight, rotate } = style;
  return el(
    "text",
    {
      x,
      y,
      fill,
      "font-size": size,
      "font-weight": weight,
      "text-anchor": anchor,
      transform: rotate ? `rotate(${rotate} ${x} ${y})` : undefined,
    },
    escaped(content),
  );
}

/** A whole picture, scaled down on narrow screens. `label` is what a screen reader says of it. */
export const picture = (width: number, height: number, label: string, ...children: string[]): string =>
  el(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": label,
      "font-family": "system-ui, sans-serif",
    },
    ...children,
  );

export const INK = "#26323a";
export const FAINT = "#7b8790";
export const GRID = "#e4e8ea";

/** Ours, then the peers' in the order of their table. */
const COLORS = ["#0f766e", "#c2703d", "#7565a8", "#3b82b6", "#b45f7d", "#8a8a2f"];
const CONTENDERS = [OURS, ...PEERS.map(({ name }) => name)];

/** One colour for a contender in every chart; grey for one that is not known, or one too many. */
export const colorOf = (name: string): string => COLORS[CONTENDERS.indexOf(name)] ?? "#888888";
