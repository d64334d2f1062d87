import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attack, give } from "../helpers/attack";
import { openPage } from "../helpers/browser";
import { checkpointOf, modest } from "../helpers/hostile";

/** A few hundred are in test/web; here are ten thousand. */
const test = suite("web: ten thousand hostile files");

test("checkpoints, weights and images: taken or refused in words, soon, and in little memory", async () => {
  const open = await openPage("predict");
  if (!open) return;
  await attack(open.page, ["weights", "image", "checkpoint"], 3400, 2);
  await open.close();
});

test("a photo of 24 million pixels is looked at within seconds", async () => {
  const open = await openPage("predict");
  if (!open) return;
  const { page } = open;
  const whole = { name: "modest.safetensors", bytes: checkpointOf(modest) };
  assert.is((await give(page, "weights", whole)).refused, "");
  const background = { r: 90, g: 120, b: 60 };
  const noise = { type: "gaussian", mean: 120, sigma: 30 } as const;
  const image = sharp({ create: { width: 5712, height: 4284, channels: 3, background, noise } });
  const bytes = new Uint8Array(await image.jpeg({ quality: 60 }).toBuffer());
  const { ms, refused } = await give(page, "image", { name: "large.jpg", bytes });
  console.log(`    ${bytes.length} bytes: ${ms.toFixed(0)} ms`);
  assert.is(refused, "");
  assert.ok(ms < 5000, `${ms} ms`);
  await open.close();
});

test.run();
