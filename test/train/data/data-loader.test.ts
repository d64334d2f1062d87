import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { HAND } from "../../../masks/hand";
import type { Dataset, Example } from "../../../train/data/dataset";
import { type Batch, Loader, type LoaderOptions } from "../../../train/data/loader";
import type { Pose } from "../../../train/pose/index";

const test = suite("loader");

/** Hands whose input and labels are their index; loading takes a while, longer for some. */
class Numbers implements Dataset {
  readonly splitName = "train";
  readonly skeleton = HAND;
  readonly imageSize = 8;
  started: number[] = [];
  running = 0;
  mostRunning = 0;

  constructor(
    readonly size: number,
    private readonly bad: ReadonlySet<number> = new Set(),
    private readonly failure: Error = new UserError("imgs/x.jpg: cannot be decoded"),
  ) {}

  async load(index: number, input = new Float32Array(192)): Promise<Example> {
    this.started.push(index);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    await sleep((index * 7) % 4);
    this.running--;
    if (this.bad.has(index)) throw this.failure;
    return { ...(await this.pose(index)), input: input.fill(index), mapPoints: new Float64Array(42).fill(index) };
  }

  async pose(index: number): Promise<Pose> {
    return { name: `${index}`, points: new Float64Array(42), width: 8, height: 8 };
  }
}

const make = (dataset: Dataset, options: Partial<LoaderOptions> = {}) =>
  new Loader(dataset, { batchSize: 4, seed: 9, shuffle: true, ...options });

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}
const names = (batches: Batch[]) => batches.map((b) => b.examples.map((e) => Number(e.name)));

test("an epoch holds every example once, the smaller last batch too, each in its place of the batch's arrays", async () => {
  const loader = make(new Numbers(11));
  assert.is(loader.batchesPerEpoch, 3);
  const batches = await collect(loader.batches(1));
  assert.equal(
    batches.map((b) => [b.epoch, b.index, b.examples.length]),
    [
      [1, 0, 4],
      [1, 1, 4],
      [1, 2, 3],
    ],
  );
  const order = names(batches).flat();
  assert.equal(order, loader.order(1));
  assert.equal(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 11 }, (_, i) => i),
  );
  for (const batch of batches) {
    const expected = batch.examples.flatMap((e) => Array(192).fill(Number(e.name)));
    assert.equal([...batch.input], expected);
    assert.equal(
      [...batch.mapPoints],
      batch.examples.flatMap((e) => Array(42).fill(Number(e.name))),
    );
    assert.is(batch.examples[1].input.buffer, batch.input.buffer);
    assert.equal([batch.splitName, batch.indices], ["train", batch.examples.map((e) => Number(e.name))]);
  }
});

test("the order belongs to (seed, epoch); without shuffle it is the dataset's", () => {
  const data = new Numbers(30);
  assert.equal(make(data).order(5), make(data).order(5));
  assert.not.equal(make(data).order(5), make(data).order(6));
  assert.not.equal(make(data).order(5), make(data, { seed: 10 }).order(5));
  assert.equal(make(data, { shuffle: false }).order(5)[7], 7);
});

test("starting in the middle gives what a run from the start would see", async () => {
  const whole = await collect(make(new Numbers(23)).batches(3));
  const data = new Numbers(23);
  const rest = await collect(make(data).batches(3, 4));
  assert.equal(rest, whole.slice(4));
  assert.is(data.started.length, 23 - 16);
  assert.equal(await collect(make(data).batches(3, 6)), []);
});

test("batches are made ahead, but no more than asked, and few examples at a time", async () => {
  const data = new Numbers(40);
  const loader = make(data, { prefetch: 2, concurrency: 3 });
  const batches = loader.batches(1);
  await batches.next();
  while (data.started.length < 3 * 4 || data.running > 0) await sleep(1);
  await sleep(20);
  assert.is(data.started.length, 3 * 4);
  assert.is(data.mostRunning, 3);
  await batches.return();
  await loader.close();
});

test("a bad image is thrown when its batch is due, not before", async () => {
  const data = new Numbers(12, new Set([9]));
  const batches = make(data, { shuffle: false, prefetch: 5 }).batches(1);
  assert.is((await batches.next()).value!.index, 0);
  await sleep(30);
  assert.is((await batches.next()).value!.index, 1);
  try {
    await batches.next();
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UserError);
  }
});

test("skipBad leaves bad images out of their batch, counts them, and passes on other failures", async () => {
  const loader = make(new Numbers(12, new Set([1, 4, 5, 6, 7])), { shuffle: false, skipBad: true });
  const batches = await collect(loader.batches(1));
  assert.equal(names(batches), [
    [0, 2, 3],
    [8, 9, 10, 11],
  ]);
  assert.equal(
    batches.map((b) => [b.index, b.indices]),
    [
      [0, [0, 2, 3]],
      [2, [8, 9, 10, 11]],
    ],
  );
  assert.equal([...batches[0].input.subarray(192)], [...Array(192).fill(2), ...Array(192).fill(3)]);
  assert.equal([...loader.skipped.keys()].sort(), [1, 4, 5, 6, 7]);
  assert.match(loader.skipped.get(4)!, "cannot be decoded");

  const broken = make(new Numbers(4, new Set([1]), new TypeError("a bug")), { skipBad: true });
  try {
    await collect(broken.batches(1));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TypeError);
  }
});

test("of a dataset that draws on the GPU, poses and labels are taken and no pixel is loaded", async () => {
  const data = Object.assign(new Numbers(5), { renderInto: () => undefined });
  data.pose = async (i) => ({ name: `${i}`, points: new Float64Array(42).fill(8 * i), width: 8, height: 16 });
  const [batch] = await collect(make(data, { shuffle: false }).batches(1));
  assert.is(data.started.length, 0);
  assert.is(batch.input.length, 0);
  assert.equal(batch.indices, [0, 1, 2, 3]);
  assert.equal([...batch.mapPoints.subarray(3 * 42, 3 * 42 + 2)], [3, 1.5]);
});

test("leaving the loop or closing starts no further load", async () => {
  const data = new Numbers(400);
  const loader = make(data, { prefetch: 50, concurrency: 2 });
  for await (const _ of loader.batches(1)) break;
  await sleep(30);
  const left = data.started.length;
  assert.ok(left < 12, `${left} loads were started for a loop that took one batch of 4`);
  const batches = loader.batches(2);
  await batches.next();
  await loader.close();
  const closed = data.started.length - left;
  assert.ok(closed < 12, `${closed} loads were started`);
  assert.is(data.running, 0);
  await sleep(20);
  assert.is(data.started.length, left + closed);
});

test.run();
