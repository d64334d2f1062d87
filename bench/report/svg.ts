/** Just enough SVG to draw the report's charts by hand. */

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

const COLORS: Readonly<Record<string, string>> = { nsrm: "#0f766e", tfjs: "#c2703d", "jax-js": "#7565a8" };
/** One colour for a contender in every chart. */
export const colorOf = (name: string): string => COLORS[name] ?? "#888888";

/** Maps a value to a pixel; `ticks` are round values inside the domain. */
export interface Scale {
  (value: number): number;
  ticks: number[];
}

export function linearScale([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Scale {
  const scale = (v: number) => from + ((v - low) / (high - low || 1)) * (to - from);
  const step = niceStep((high - low) / 5);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Object.assign(scale, { ticks: Array.from({ length: count }, (_, i) => (first + i) * step) });
}

export function logScale([low, high]: readonly [number, number], range: readonly [number, number]): Scale {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const scale = (v: number) => range[0] + ((Math.log10(v) - a) / (b - a || 1)) * (range[1] - range[0]);
  const steps = b - a > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(a); power <= Math.ceil(b); power++) {
    for (const s of steps) {
      const value = s * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push(value);
    }
  }
  return Object.assign(scale, { ticks });
}

/** 1, 2 or 5 times a power of ten, at least `rough`. */
export function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  return ([1, 2, 5, 10].find((s) => s * power >= rough * 0.999) ?? 10) * power;
}

/** The smallest range of whole powers of ten, or of 1-2-5 steps of them, around positive values. */
export function logDomain(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const below = (v: number) => {
    const power = 10 ** Math.floor(Math.log10(v));
    return ([5, 2, 1].find((s) => s * power <= v * 1.001) ?? 1) * power;
  };
  const above = (v: number) => {
    const power = 10 ** Math.floor(Math.log10(v));
    return ([1, 2, 5, 10].find((s) => s * power >= v * 0.999) ?? 10) * power;
  };
  const domain: [number, number] = [below(low), above(high)];
  return domain[0] === domain[1] ? [domain[0] / 2, domain[1] * 2] : domain;
}
