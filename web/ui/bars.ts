import { figure } from "../../train/report/index";
import { h } from "./dom";

export interface Bar {
  name: string;
  value: number;
  /** Said behind the value. */
  note: string;
}

/**
 * Lying bars from zero, one a line, as wide as their values are large; as a table to those who cannot see it.
 * @param most the value of a whole line; by default the largest
 */
export function barChart(
  label: string,
  unit: string,
  bars: readonly Bar[],
  most = Math.max(...bars.map(({ value }) => value)),
): HTMLElement {
  const rows = bars.map(({ name, value, note }) => {
    const bar = h("i", {});
    bar.style.width = `${Math.min(100, Math.max(0.5, (100 * value) / most))}%`;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      h("td", {}, h("div", { class: "track" }, bar)),
      h("td", { class: "value" }, `${figure(value)} ${unit}`),
      h("td", { class: "value soft" }, note),
    );
  });
  return h("table", { class: "bars", "aria-label": label }, ...rows);
}
