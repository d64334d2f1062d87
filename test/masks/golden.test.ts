import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareMasks, renderMaskSet } from "../../masks/compare";
import { HAND } from "../../masks/hand";
import type { LimbOptions } from "../../masks/options";
import { confidenceMaps, limbMaps } from "../../masks/reference";
import { renderTargets } from "../../masks/render";
import { groupsOf } from "../../masks/skeleton";
import { readSafetensors } from "../../model/files/safetensors";
import { testGpu } from "../helpers/gpu";
import { sharedFile } from "../helpers/shared";

const test = suite("masks against the original");
const SIZE = { height: 46, width: 46 };
const AREA = 46 * 46;

/** Every `step`th pixel of maps [n, 46, 46], in both directions. */
function strided(maps: ArrayLike<number>, step: number): number[] {
  const out: number[] = [];
  for (let map = 0; map < maps.length; map += AREA) {
    for (let y = 0; y < 46; y += step) for (let x = 0; x < 46; x += step) out.push(maps[map + y * 46 + x]);
  }
  return out;
}

/** Bits of [hands, bytes], least significant first, as [hands * pixels]; a hand's last byte may be part empty. */
function unpacked(bytes: Float32Array, hands: number, pixels: number): number[] {
  const row = bytes.length / hands;
  return Array.from({ length: hands * pixels }, (_, i) => {
    const bit = i % pixels;
    return (bytes[Math.floor(i / pixels) * row + (bit >> 3)] >> (bit & 7)) & 1;
  });
}

function largestDifference(got: ArrayLike<number>, want: ArrayLike<number>): number {
  assert.is(got.length, want.length);
  let largest = 0;
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i] - want[i]);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}

async function draw(labels: Float64Array, options: LimbOptions): Promise<Float32Array> {
  const gpu = await testGpu();
  const limb = gpu.empty([labels.length / 42, groupsOf(HAND, options.grouping).length, 46, 46]);
  renderTargets(gpu, HAND, labels, { limb }, options);
  const values = await limb.data();
  limb.dispose();
  return values;
}

test("the committed samples: reference and GPU, 14 hands", async () => {
  const file = readSafetensors("test/golden/masks_sampled.safetensors");
  const labels = file.f64("labels_map");
  const hands = labels.length / 42;
  const drawn = await renderMaskSet(await testGpu(), { skeleton: HAND, labels, size: SIZE });
  const ldm20 = unpacked(file.f32("ldm20_bits"), hands, 20 * AREA);
  const ldm_g7 = unpacked(file.f32("ldm_g7_bits"), hands, 7 * AREA);
  assert.ok(ldm20.includes(1) && ldm_g7.includes(1));

  const heat = file.f32("heat_stride6");
  assert.ok(largestDifference(strided(confidenceMaps(labels, SIZE), 6), heat) < 2e-6, "heat, reference");
  assert.ok(largestDifference(strided(drawn.heat, 6), heat) < 2e-6, "heat, GPU");

  const lpm = file.f32("lpm_g7_stride3");
  const LPM = { kind: "LPM", grouping: "G1_6" } as const;
  assert.ok(largestDifference(strided(limbMaps(HAND, labels, SIZE, LPM), 3), lpm) < 1e-7, "LPM, reference");
  assert.ok(largestDifference(strided(drawn.lpm_g7, 3), lpm) < 2e-6, "LPM, GPU");

  for (const [grouping, want] of [["EACH", ldm20] as const, ["G1_6", ldm_g7] as const]) {
    const options = { kind: "LDM", grouping } as const;
    assert.is(largestDifference(limbMaps(HAND, labels, SIZE, options), want), 0, `LDM ${grouping}, reference`);
    assert.is(largestDifference(await draw(labels, options), want), 0, `LDM ${grouping}, GPU`);
  }
});

const golden = sharedFile("golden/masks.safetensors");
if (golden) {
  test("every golden set in full: the verify comparison finds no difference and excuses nothing", async () => {
    const file = readSafetensors(golden);
    const labels = file.f64("labels_map");
    const expected = { heat: file.f32("heat"), lpm_g7: file.f32("lpm_g7"), ldm_g7: file.f32("ldm_g7") };
    const drawn = await renderMaskSet(await testGpu(), { skeleton: HAND, labels, size: SIZE });
    for (const { output, largest, differing, undecidable } of compareMasks(
      { skeleton: HAND, labels, size: SIZE },
      expected,
      drawn,
    )) {
      console.log(`    ${output}: largest difference ${largest.toExponential(1)}`);
      assert.is(differing, 0, output);
      assert.is(undecidable.length, 0, output);
      assert.ok(largest < 2e-6, output);
    }
  });

  test("every golden set in full: the 20 single limbs", async () => {
    const file = readSafetensors(golden);
    const labels = file.f64("labels_map");
    assert.is(largestDifference(await draw(labels, { kind: "LDM", grouping: "EACH" }), file.f32("ldm20")), 0);
    assert.ok(largestDifference(await draw(labels, { kind: "LPM", grouping: "EACH" }), file.f32("lpm20")) < 2e-6);
  });
}

test.run();
