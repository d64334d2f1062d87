import type { Skeleton } from "../../masks/index";
import { type Points, pointAt } from "../pose/index";
import { Canvas, type Picture } from "./canvas";
import { colormap, jointColor, type Rgb } from "./colors";
import type { Maps } from "./maps";

const OUTLINE: Rgb = [16, 18, 24];
const WHITE: Rgb = [255, 255, 255];

/**
 * Draws limbs in the colours of the skeleton's parts, and the joints as white-rimmed dots; limbs with a missing joint are
 * left out. `scale` multiplies the joints' coordinates, where the canvas shows the picture at another size. `unit` is what
 * widths are multiples of: by default they grow with the picture.
 * @param points [J, 2] in pixels of the picture
 */
export function drawSkeleton(
  canvas: Canvas,
  skeleton: Skeleton,
  points: Points,
  scale = 1,
  unit = canvas.width / 256,
): void {
  const at = (joint: number) => {
    const [x, y] = pointAt(points, joint);
    return [x * scale, y * scale] as const;
  };
  for (const [width, outline] of [
    [4.6, true],
    [2.6, false],
  ] as const) {
    for (const { from, to } of skeleton.limbs) {
      const color = outline ? OUTLINE : jointColor(skeleton, to);
      canvas.line(...at(from), ...at(to), width * unit, color, outline ? 0.55 : 1);
    }
  }
  skeleton.joints.forEach((_, joint) => {
    canvas.disc(...at(joint), 3.7 * unit, OUTLINE, 0.55);
    canvas.disc(...at(joint), 3 * unit, WHITE);
    canvas.disc(...at(joint), 2 * unit, jointColor(skeleton, joint));
  });
}

/**
 * The photo, dimmed to grey, under the maps' pointwise maximum as a false-colour layer: dark violet for 0, yellow for 1.
 * "nearest" shows the grid points as squares, as a mask of zeros and ones wants it, "smooth" goes evenly between them.
 */
export function heatmapOverlay(photo: Picture, maps: Maps, between: "smooth" | "nearest" = "smooth"): Canvas {
  const one: Maps = { ...maps, channels: 1, data: maximum(maps) };
  return overlay(photo, one, between, ([value]) => ({ color: colormap(value), alpha: 0.5 + 0.5 * Math.sqrt(value) }));
}

/** The photo, dimmed to grey, under the maps each in its own colour; channels whose colour is null are left out. */
export function tintOverlay(
  photo: Picture,
  maps: Maps,
  colors: readonly (Rgb | null)[],
  between: "smooth" | "nearest" = "smooth",
): Canvas {
  return overlay(photo, maps, between, (values) => {
    const color: [number, number, number] = [0, 0, 0];
    let sum = 0;
    let most = 0;
    values.forEach((value, channel) => {
      const own = colors[channel];
      if (!own) return;
      for (let c = 0; c < 3; c++) color[c] += value * own[c];
      sum += value;
      most = Math.max(most, value);
    });
    const total = sum || 1;
    return { color: [color[0] / total, color[1] / total, color[2] / total], alpha: most };
  });
}

/** The maps' channel as a map of its own. */
export function channel(maps: Maps, index: number): Maps {
  const size = maps.height * maps.width;
  return { ...maps, channels: 1, data: maps.data.subarray(index * size, (index + 1) * size) };
}

function maximum({ data, height, width }: Maps): Float32Array {
  const most = data.slice(0, height * width);
  for (let i = most.length; i < data.length; i++) {
    const pixel = i % most.length;
    if (data[i] > most[pixel]) most[pixel] = data[i];
  }
  return most;
}

/**
 * Lays a layer over the photo, pixel by pixel, from the maps' values there, clamped to 0 to 1.
 * Grid index i lies at pixel i * (photo width / map width), as the labels are scaled.
 */
function overlay(
  photo: Picture,
  maps: Maps,
  between: "smooth" | "nearest",
  layer: (values: readonly number[]) => { color: Rgb; alpha: number },
): Canvas {
  const canvas = new Canvas(photo.width, photo.height);
  const grid = between === "nearest" ? Math.round : (position: number) => position;
  const values = new Array<number>(maps.channels);
  for (let y = 0; y < photo.height; y++) {
    for (let x = 0; x < photo.width; x++) {
      const i = (y * photo.width + x) * 3;
      const luma = 0.299 * photo.pixels[i] + 0.587 * photo.pixels[i + 1] + 0.114 * photo.pixels[i + 2];
      const grey = 0.75 * luma;
      canvas.blend(x, y, [grey, grey, grey], 1);
      const column = grid((x * maps.width) / photo.width);
      const row = grid((y * maps.height) / photo.height);
      for (let c = 0; c < maps.channels; c++) values[c] = bilinear(maps, c, column, row);
      const { color, alpha } = layer(values);
      canvas.blend(x, y, color, alpha);
    }
  }
  return canvas;
}

/** The map's value between grid points, clamped to 0 to 1; values that are not numbers count as 0. */
function bilinear({ data, height, width }: Maps, channel: number, x: number, y: number): number {
  const x0 = Math.min(Math.floor(x), width - 1);
  const y0 = Math.min(Math.floor(y), height - 1);
  // Past the last grid point there is no neighbour: its own value goes on.
  const right = x0 + 1 < width ? 1 : 0;
  const below = y0 + 1 < height ? width : 0;
  const fx = x - x0;
  const fy = y - y0;
  const i = (channel * height + y0) * width + x0;
  const upper = data[i] * (1 - fx) + data[i + right] * fx;
  const lower = data[i + below] * (1 - fx) + data[i + below + right] * fx;
  return Math.min(1, Math.max(0, upper * (1 - fy) + lower * fy || 0));
}
