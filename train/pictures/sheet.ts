import { Canvas, type Picture, textSize } from "./canvas";
import type { Rgb } from "./colors";
import { GLYPH_ADVANCE } from "./font";

const BACKGROUND: Rgb = [22, 24, 30];
const TEXT: Rgb = [226, 229, 236];
const GAP = 8;
const LABEL_SCALE = 1.7;
const CAPTION_SCALE = 1.5;

/** A picture with a line of text above it; null leaves a place empty. */
export type Cell = { picture: Picture; label: string } | null;

/** Sets pictures of one size out in rows of `columns`, each under its label, with an optional heading. */
export function sheet(cells: readonly Cell[], columns: number, heading = ""): Canvas {
  const size = cells.find((cell) => cell !== null)?.picture ?? { width: 1, height: 1 };
  const labelHeight = cells.some((cell) => cell?.label) ? Math.ceil(textSize("", LABEL_SCALE).height) + 6 : 0;
  const headingHeight = heading ? Math.ceil(textSize("", 2).height) + 6 : 0;
  const rows = Math.ceil(cells.length / columns);
  const canvas = new Canvas(
    GAP + columns * (size.width + GAP),
    GAP + headingHeight + rows * (labelHeight + size.height + GAP),
    BACKGROUND,
  );
  writeFitting(canvas, heading, GAP, GAP, canvas.width - 2 * GAP, 2);
  cells.forEach((cell, i) => {
    if (!cell) return;
    const x = GAP + (i % columns) * (size.width + GAP);
    const y = GAP + headingHeight + Math.floor(i / columns) * (labelHeight + size.height + GAP);
    writeFitting(canvas, cell.label, x, y, size.width, LABEL_SCALE);
    canvas.paste(cell.picture, x, y + labelHeight);
  });
  return canvas;
}

/** Writes a caption on the lower edge of a picture, on a strip that keeps it legible. */
export function captionBelow(canvas: Canvas, text: string): void {
  if (!text) return;
  const height = Math.ceil(textSize("", CAPTION_SCALE).height) + 4;
  canvas.rectangle(0, canvas.height - height, canvas.width, height, BACKGROUND, 0.7);
  writeFitting(canvas, text, 3, canvas.height - height + 1, canvas.width - 6, CAPTION_SCALE);
}

/** Writes text no wider than `width`: smaller down to 1.2 pixels a dot, then cut short with two dots. */
function writeFitting(canvas: Canvas, text: string, x: number, y: number, width: number, scale: number): void {
  const fitting = Math.max(1.2, Math.min(scale, width / textSize(text, 1).width));
  const room = Math.floor(width / (GLYPH_ADVANCE * fitting));
  const letters = [...text];
  const cut = letters.length > room ? `${letters.slice(0, Math.max(0, room - 2)).join("")}..` : text;
  canvas.text(cut, x + 1, y + 2, fitting, TEXT);
}
