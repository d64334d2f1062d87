import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type RgbImage, resizeBicubic } from "../../../train/data/resize";
import { resizeInBackground } from "../../../train/data/resize-pool";
import { runChild } from "../../helpers/child";

const test = suite("resize pool");

const image = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => i * 37 + (i >> 8)),
});

test("in threads of their own: the same bytes, and the image stays whole; more at a time than there are threads", async () => {
  const images = Array.from({ length: 20 }, (_, i) => image(150 + i, 131));
  const before = images.map(({ data }) => data.slice());
  const resized = await Promise.all(images.map((each) => resizeInBackground(each, 64, 64)));
  for (const [i, each] of images.entries()) {
    assert.ok(Buffer.from(resized[i].data).equals(resizeBicubic(each, 64, 64).data));
    assert.ok(Buffer.from(each.data).equals(before[i]));
  }
});

test("a task that fails costs its thread alone: the others go on, and the process ends by itself", async () => {
  const { ended } = await runChild(
    `
    import { resizeInBackground } from "./train/data/resize-pool";
    const image = { width: 150, height: 131, data: new Uint8Array(3 * 150 * 131) };
    const tasks = Array.from({ length: 24 }, (_, i) => resizeInBackground(image, i % 2 && i < 20 ? 64 : -1, 64));
    const states = (await Promise.allSettled(tasks)).map(({ status }) => status);
    console.log(states.filter((s) => s === "rejected").length, states.filter((s) => s === "fulfilled").length);`,
    "exec timeout 20 $RUN",
  );
  const { code, output } = await ended;
  assert.equal([code, output], [0, "14 10\n"]);
});

test.run();
