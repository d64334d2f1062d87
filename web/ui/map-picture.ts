import type { RgbImage } from "../../train/data/index";
import { colormap, type Rgb } from "../../train/pictures/index";
import { h } from "./dom";

/** A map's size in cells. */
export interface Cells {
  width: number;
  height: number;
}

/** A canvas of one pixel a cell, which style sheets enlarge. */
export function mapCanvas({ width, height }: Cells, label: string): HTMLCanvasElement {
  return h("canvas", { width, height, class: "map", role: "img", "aria-label": label });
}

/** Paints values from 0 to 1 in false colours, dark violet to light yellow. @param values [height, width] */
export function paintMap(canvas: HTMLCanvasElement, values: ArrayLike<number>): void {
  paint(canvas, (i) => colormap(values[i]));
}

/** Paints an image that lies in planes. @param planes [3, height, width], 0 to 255 */
export function paintPlanes(canvas: HTMLCanvasElement, planes: ArrayLike<number>): void {
  const area = canvas.width * canvas.height;
  paint(canvas, (i) => [planes[i], planes[area + i], planes[2 * area + i]]);
}

/** Paints a photo, and makes the canvas as large as it is divided by `factor`: each pixel is the mean of a square. */
export function paintPhoto(canvas: HTMLCanvasElement, { width, height, data }: RgbImage, factor: number): void {
  const [columns, rows] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  paint(canvas, (i) => {
    const [left, top] = [(i % columns) * factor, Math.floor(i / columns) * factor];
    const [right, bottom] = [Math.min(left + factor, width), Math.min(top + factor, height)];
    let [r, g, b] = [0, 0, 0];
    for (let y = top; y < bottom; y++) {
      for (let at = 3 * (y * width + left); at < 3 * (y * width + right); at += 3) {
        r += data[at];
        g += data[at + 1];
        b += data[at + 2];
      }
    }
    const area = (right - left) * (bottom - top);
    return [r / area, g / area, b / area];
  });
}

function paint(canvas: HTMLCanvasElement, color: (pixel: number) => Rgb): void {
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i++) {
    image.data.set(color(i), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** The largest of several maps, cell by cell. @param maps [channels, area] */
export function maximum(maps: Float32Array, area: number): Float32Array {
  const most = maps.slice(0, area);
  for (let i = area; i < maps.length; i++) most[i % area] = Math.max(most[i % area], maps[i]);
  return most;
}
