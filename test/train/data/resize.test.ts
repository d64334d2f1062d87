import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readSafetensors } from "../../../model/files/safetensors";
import { type RgbImage, resizeBicubic, resizeNearest } from "../../../train/data/resize";
import { sharedFile } from "../../helpers/shared";

const test = suite("resize");
const resizers = { bicubic: resizeBicubic, nearest: resizeNearest };

/**
 * Made by Pillow 12.3: `Image.frombytes("RGB", (w, h), pattern).resize((W, H), BICUBIC or NEAREST)`, base64 of the
 * bytes; the pattern is the one below.
 */
interface PillowCase {
  filter: keyof typeof resizers;
  from: [number, number];
  to: [number, number];
  rgb: string;
}

function pattern(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) data[i++] = x * 37 + y * 91 + c * 53 + x * y * (7 + c);
    }
  }
  return { width, height, data };
}

test("bicubic and nearest equal Pillow to the bit: larger, smaller, one side, extreme ratios, one pixel", () => {
  const cases: PillowCase[] = JSON.parse(readFileSync("test/golden/pillow_resize.json", "utf8"));
  assert.is(cases.length, 18);
  for (const { filter, from, to, rgb } of cases) {
    const out = resizers[filter](pattern(...from), ...to);
    assert.equal([out.width, out.height], to);
    const differing = differences(out.data, Buffer.from(rgb, "base64"));
    assert.is(differing, 0, `${filter} ${from.join("x")} to ${to.join("x")}: ${differing} bytes differ`);
  }
});

test("an unchanged size leaves the image alone", () => {
  const image = pattern(9, 5);
  assert.is(resizeBicubic(image, 9, 5), image);
  assert.is(resizeNearest(image, 9, 5), image);
});

test("the golden photographs, to the bit", () => {
  const path = sharedFile("golden/preprocess.safetensors");
  if (!path) return;
  const golden = readSafetensors(path);
  for (const name of ["00000001", "00000009"]) {
    const [height, width] = golden.shape(`${name}.raw_rgb`);
    const image = { width, height, data: golden.bytes(`${name}.raw_rgb`) };
    for (const [filter, resize] of Object.entries(resizers)) {
      const expected = golden.bytes(`${name}.resized_${filter}_rgb`);
      assert.is(differences(resize(image, 368, 368).data, expected), 0, `${name} ${filter}`);
    }
  }
});

function differences(a: Uint8Array, b: Uint8Array): number {
  assert.is(a.length, b.length);
  return a.reduce((n, v, i) => n + Number(v !== b[i]), 0);
}

test.run();
