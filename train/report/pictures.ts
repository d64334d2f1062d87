import sharp from "sharp";
import { fileError } from "../../model/files/node";
import { el, escapeText } from "./html";
import type { RunRecord } from "./read";

/** Epochs that are shown: a page must not grow with the length of the run. */
const EPOCHS = 8;

/** A picture file as an <img> that carries its pixels; as WebP, a fifth of the PNG's size. */
async function embedded(path: string, description: string): Promise<string> {
  try {
    const { data, info } = await sharp(path).webp({ quality: 84 }).toBuffer({ resolveWithObject: true });
    const src = `data:image/webp;base64,${data.toString("base64")}`;
    return el("img", { src, alt: description, width: info.width, height: info.height, loading: "lazy" });
  } catch (error) {
    throw fileError("read", path, error);
  }
}

/** At most `most` of the items, evenly spread, the first and the last among them. */
export function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}

/** Samples by epoch, one visible at a time (the last at first), chosen by buttons that need no script. */
export async function sampleTabs({ samples }: RunRecord): Promise<string> {
  const shown = spread(samples, EPOCHS);
  const buttons = shown.map(({ epoch }, i) => {
    const id = `epoch-${epoch}`;
    const checked = i === shown.length - 1 ? "checked" : undefined;
    const input = el("input", { type: "radio", name: "epoch", id, checked });
    return input + el("label", { for: id }, i === 0 ? `epoch ${epoch}` : String(epoch));
  });
  const panels = await Promise.all(
    shown.map(async ({ epoch, path }) =>
      el("div", { class: "picture" }, await embedded(path, `validation images after epoch ${epoch}`)),
    ),
  );
  // The k-th button shows the k-th panel.
  const rules = shown.map(
    (_, i) => `.tabs > input:nth-of-type(${i + 1}):checked ~ .panels > :nth-child(${i + 1}) { display: block; }`,
  );
  const style = el("style", {}, rules.join("\n"));
  return style + el("div", { class: "tabs" }, ...buttons, el("div", { class: "panels" }, ...panels));
}

export async function worstCases({ worst }: RunRecord): Promise<string> {
  const cases = worst.map(async ({ path, name, error }) => {
    const caption = `${escapeText(name)} · off by ${(100 * error).toFixed(0)}% of the hand`;
    return el("figure", {}, await embedded(path, `prediction and truth of ${name}`), el("figcaption", {}, caption));
  });
  return el("div", { class: "cases" }, ...(await Promise.all(cases)));
}

export async function masksPicture({ masks }: RunRecord): Promise<string> {
  return masks ? el("div", { class: "picture" }, await embedded(masks, "target maps of a training image")) : "";
}
