/** Text as it may stand in HTML or in a quoted attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element. Attributes are escaped, children are markup already; those that are undefined are left out. */
export function el(name: string, attributes: Attributes, ...children: (string | undefined)[]): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeText(String(value))}"`)
    .join("");
  return `<${name}${list}>${children.join("")}${VOID.has(name) ? "" : `</${name}>`}`;
}

/** Elements without an end. */
const VOID = new Set(["img", "input", "meta"]);

/** A table with a heading row; the first column is text, the others are figures. Cells are markup. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = el("tr", {}, ...heading.map((cell) => el("th", { scope: "col" }, cell)));
  const body = rows.map(([first, ...rest]) =>
    el("tr", {}, el("th", { scope: "row" }, first), ...rest.map((cell) => el("td", {}, cell))),
  );
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
}

export const section = (title: string, ...children: (string | undefined)[]): string =>
  el("section", {}, el("h2", {}, escapeText(title)), ...children);
