import { suite } from "uvu";
import * as assert from "uvu/assert";
import { timeImages } from "../../../train/run/pace";

const test = suite("pace");

/** A GPU with a clock of its own, which stands still but where a step is waited for: each begins when the one before it has ended. */
function steps(ms: readonly number[], images: readonly number[] = ms.map(() => 4)) {
  let time = 1000;
  let taken = 0;
  let free = time;
  async function* batches() {
    for (const count of images) yield { examples: Array(count) };
  }
  const take = () => {
    const end = Math.max(free, time) + ms[taken++];
    free = end;
    return new Promise<void>((resolve) =>
      setImmediate(() => {
        time = end;
        resolve();
      }),
    );
  };
  const measure = (most = { steps: 60, ms: 8000 }) => timeImages(batches(), take, most, () => time);
  return { measure, taken: () => taken };
}

test("a slow burst in the sample does not count: neither short nor over half of it", async () => {
  const quiet = Array(60).fill(100);
  const burst = (from: number, to: number) => quiet.map((ms, i) => (i >= from && i < to ? 180 : ms));
  for (const sample of [quiet, burst(5, 20), burst(0, 30), burst(25, 60)]) {
    assert.is(await steps([9000, ...sample]).measure(), 25);
  }
  assert.is(await steps([9000, ...Array(61).fill(180)]).measure(), 45, "a machine that is always slow");
});

test("nor does a step that was quick by chance", async () => {
  assert.is(await steps([500, 4, 100, 100, 1, 100, 100, 100, 100, 100, 100, 100, 100]).measure(), 25);
});

test("a smaller batch counts by its images", async () => {
  const images = [4, 4, 2, 4, 4, 2, 4, 4, 2];
  assert.is(
    await steps(
      images.map((n) => 30 * n),
      images,
    ).measure(),
    30,
  );
});

test("the first step counts where there is no other; without a batch there is no time", async () => {
  assert.is(await steps([800]).measure(), 200);
  assert.is(await steps([800, 40]).measure(), 10);
  assert.is(await steps([]).measure(), 0);
});

test("it ends after so many steps, or so long, beside the one that compiles", async () => {
  const many = steps(Array(100).fill(10));
  await many.measure({ steps: 12, ms: 8000 });
  assert.is(many.taken(), 13);
  const long = steps([5000, ...Array(100).fill(500)]);
  await long.measure({ steps: 60, ms: 2000 });
  // Four steps take 2 s, not more; the fifth does, when two are under way already.
  assert.is(long.taken(), 8);
});

test.run();
