import sharp from "sharp";
import type { Rgb } from "./colors";
import { GLYPH_ADVANCE, GLYPH_ROWS, strokes } from "./font";

/** Pixels in rows from the top, three bytes each. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/**
 * A picture that can be drawn on. Shapes have smooth edges: a pixel is covered as far as its centre lies inside the
 * shape, from none at half a pixel outside to all at half a pixel inside. Coordinate i is the centre of pixel i;
 * what lies outside the picture is left out, and so is a shape with a coordinate that is not finite.
 */
export class Canvas implements Picture {
  readonly pixels: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
    background: Rgb = [0, 0, 0],
  ) {
    this.pixels = new Uint8Array(width * height * 3);
    for (let i = 0; i < this.pixels.length; i++) this.pixels[i] = background[i % 3];
  }

  static from({ width, height, pixels }: Picture): Canvas {
    const canvas = new Canvas(width, height);
    canvas.pixels.set(pixels);
    return canvas;
  }

  /** Mixes a colour into one pixel of the picture. */
  blend(x: number, y: number, color: Rgb, alpha: number): void {
    const i = (y * this.width + x) * 3;
    for (let c = 0; c < 3; c++) this.pixels[i + c] = Math.round(this.pixels[i + c] * (1 - alpha) + color[c] * alpha);
  }

  /** Copies another picture in; (x, y) is where its top left pixel comes. */
  paste(picture: Picture, x: number, y: number): void {
    for (let row = Math.max(0, -y); row < Math.min(picture.height, this.height - y); row++) {
      for (let column = Math.max(0, -x); column < Math.min(picture.width, this.width - x); column++) {
        const from = (row * picture.width + column) * 3;
        this.pixels.set(picture.pixels.subarray(from, from + 3), ((y + row) * this.width + x + column) * 3);
      }
    }
  }

  /** Mixes a colour into a rectangle of whole pixels. */
  rectangle(x: number, y: number, width: number, height: number, color: Rgb, alpha = 1): void {
    for (let row = Math.max(0, y); row < Math.min(y + height, this.height); row++) {
      for (let column = Math.max(0, x); column < Math.min(x + width, this.width); column++) {
        this.blend(column, row, color, alpha);
      }
    }
  }

  /** A line with round ends. */
  line(x0: number, y0: number, x1: number, y1: number, width: number, color: Rgb, alpha = 1): void {
    this.#cover([[x0, y0, x1, y1]], width / 2, color, alpha);
  }

  disc(x: number, y: number, radius: number, color: Rgb, alpha = 1): void {
    this.#cover([[x, y, x, y]], radius, color, alpha);
  }

  /** Writes one line; (x, y) is the top left dot of its first letter, `scale` the pixels from dot to dot. */
  text(text: string, x: number, y: number, scale: number, color: Rgb): void {
    [...text].forEach((letter, i) => {
      const left = x + i * GLYPH_ADVANCE * scale;
      const placed = strokes(letter).map(([x0, y0, x1, y1]): Segment => {
        return [left + x0 * scale, y + y0 * scale, left + x1 * scale, y + y1 * scale];
      });
      this.#cover(placed, 0.45 * scale, color, 1);
    });
  }

  /** The picture as a PNG file. */
  png(): Promise<Buffer> {
    return sharp(this.pixels, { raw: { width: this.width, height: this.height, channels: 3 } })
      .png({ compressionLevel: 9 })
      .toBuffer();
  }

  /**
   * Colours every pixel within `radius` of any of the segments, those that several reach no more than the others.
   * Of coordinates that are not finite, or no segments, come bounds or distances that no comparison holds for: nothing.
   */
  #cover(segments: readonly Segment[], radius: number, color: Rgb, alpha: number): void {
    const reach = radius + 1;
    const xs = segments.flatMap(([x0, , x1]) => [x0, x1]);
    const ys = segments.flatMap(([, y0, , y1]) => [y0, y1]);
    const left = Math.max(0, Math.floor(Math.min(...xs) - reach));
    const right = Math.min(this.width - 1, Math.ceil(Math.max(...xs) + reach));
    const top = Math.max(0, Math.floor(Math.min(...ys) - reach));
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(...ys) + reach));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        let distance = Number.POSITIVE_INFINITY;
        for (const segment of segments) distance = Math.min(distance, distanceToSegment(x, y, segment));
        const coverage = Math.min(1, radius + 0.5 - distance);
        if (coverage > 0) this.blend(x, y, color, coverage * alpha);
      }
    }
  }
}

type Segment = readonly [x0: number, y0: number, x1: number, y1: number];

function distanceToSegment(x: number, y: number, [x0, y0, x1, y1]: Segment): number {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length2 = dx * dx + dy * dy;
  const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length2));
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

/** Width and height in pixels of a line of text. */
export function textSize(text: string, scale: number): { width: number; height: number } {
  return { width: [...text].length * GLYPH_ADVANCE * scale, height: GLYPH_ROWS * scale };
}

/** The picture at another size (smooth; the aspect ratio is not kept). */
export async function resized({ width, height, pixels }: Picture, toWidth: number, toHeight: number): Promise<Picture> {
  if (width === toWidth && height === toHeight) return { width, height, pixels };
  const resizedPixels = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(toWidth, toHeight, { fit: "fill" })
    .raw()
    .toBuffer();
  return { width: toWidth, height: toHeight, pixels: resizedPixels };
}
