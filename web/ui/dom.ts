/** What an element is made with: `on...` are listeners, booleans set or leave out an attribute, `class` and the rest are text. */
export type Props = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>;
export type Child = Node | string;

function furnish<E extends Element>(element: E, props: Props, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** An HTML element: `h("button", { class: "primary", onclick: go }, "Go")`. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]) {
  return furnish(document.createElement(tag), props, children);
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]) {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

let ids = 0;

/** An id of its own for a control that something refers to. */
export const freshId = (): string => `id${++ids}`;

/** Hands a file to the user, as a download. */
export function download(name: string, parts: readonly BlobPart[], type = "application/octet-stream"): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
