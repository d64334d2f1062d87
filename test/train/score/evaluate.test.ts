import { mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { initialise } from "../../../engine/core/init";
import { UserError } from "../../../engine/errors/errors";
import { Network } from "../../../model/network/network";
import { onFolder } from "../../../train/config/resolve";
import { Loader } from "../../../train/data/loader";
import { stream } from "../../../train/data/rng";
import { decodeHeatmaps } from "../../../train/decode/decode";
import { evaluate } from "../../../train/score/evaluate";
import { meanPose } from "../../../train/score/mean-pose";
import { openSource } from "../../../train/source/open";
import { makeTargets, microBatches } from "../../../train/step/feed";
import { networkSpecOf } from "../../../train/step/setup";
import { testGpu } from "../../helpers/gpu";
import { tinyConfig, writeDataset } from "../../helpers/tiny";

const test = suite("evaluate");
const data = mkdtempSync(join(tmpdir(), "nsrm-"));
test.before(() => writeDataset(data, [4, 5, 2]));
test.after(() => rmSync(data, { recursive: true, force: true }));

async function rig(changes: Record<string, unknown> = {}) {
  const gpu = await testGpu();
  const config = tinyConfig(changes);
  const source = openSource({ gpu, config: onFolder(config, data) });
  const network = new Network(gpu, networkSpecOf(config));
  initialise(network.parameters, "he", stream(0, "init"));
  const dataset = source.split("valid");
  return { gpu, config, source, network, dataset, meanPose: await meanPose(source.split("train")), imagesPerPass: 2 };
}

test("the loss is the last stage's, per image; predictions are decoded in the image's pixels", async () => {
  const it = await rig();
  const { gpu, config, network, source, dataset } = it;
  const live = gpu.pool.liveBytes;
  const result = await evaluate(it);
  assert.equal([gpu.pool.liveBytes, gpu.tape.length], [live, 0]);

  let squared = 0;
  const sums = new Float64Array(21 * 16);
  let squares = 0;
  const loader = new Loader(dataset, { batchSize: 1 });
  for await (const batch of loader.batches(0)) {
    await gpu.tape.noGradAsync(() =>
      gpu.scopeAsync(async () => {
        const [part] = microBatches(gpu, source, config, batch, 1);
        const { input, targets } = part();
        const maps = await network.forward(input).heatmaps[2].data();
        const want = await targets.heat.data();
        for (const [i, m] of maps.entries()) {
          squared += (m - want[i]) ** 2;
          sums[i] += want[i];
          squares += want[i] ** 2;
        }
        const [example] = batch.examples;
        const { points } = decodeHeatmaps(maps, 4, 4, example.width, example.height);
        const prediction = result.predictions.find((p) => p.name === example.name);
        assert.equal(prediction?.points, points);
      }),
    );
  }
  await loader.close();
  const close = (got: number, want: number) => assert.ok(Math.abs(got - want) <= 1e-5 * want, `${got} for ${want}`);
  close(result.loss, squared / (5 * 16));
  close(result.constantLoss, (squares - sums.reduce((t, s) => t + s * s, 0) / 5) / (5 * 16));
  assert.equal([result.split, result.images, result.skipped], ["valid", 5, 0]);
  network.dispose();
});

test("how many images go together changes nothing", async () => {
  const it = await rig({ batch_size: 4 });
  const [one, three] = [await evaluate({ ...it, imagesPerPass: 1 }), await evaluate({ ...it, imagesPerPass: 3 })];
  assert.ok(Math.abs(one.loss - three.loss) <= 1e-6 * one.loss);
  assert.equal(one.predictions, three.predictions);
  assert.equal(one.scores, three.scores);
  it.network.dispose();
});

test("images that cannot be read stop it, or are left out and counted", async () => {
  const path = join(data, "imgs", "0005.jpg");
  const whole = readFileSync(path);
  truncateSync(path, whole.length >> 1);
  const strict = await rig();
  let error: unknown;
  await evaluate(strict).catch((e) => (error = e));
  assert.ok(error instanceof UserError && /0005\.jpg: cannot be decoded/.test(error.message), String(error));
  strict.network.dispose();
  const lenient = await rig({ skip_bad: true });
  const result = await evaluate(lenient);
  assert.equal([result.images, result.skipped, result.predictions.length], [4, 1, 4]);

  for (const name of ["0004", "0006", "0007", "0008"]) truncateSync(join(data, "imgs", `${name}.jpg`), 200);
  lenient.network.dispose();
  const none = await rig({ skip_bad: true }); // a new one: the last has whole images in its cache
  await evaluate(none).catch((e) => (error = e));
  assert.match(String(error), /UserError: valid: not one image can be read: .*000\d.jpg: cannot be decoded/);
  none.network.dispose();
});

test("targets are drawn as the experiment wants them", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const labels = new Float64Array(2 * 42).fill(2);
    const shapes = (changes: Record<string, unknown>) => {
      const { heat, limb } = makeTargets(gpu, tinyConfig(changes), labels);
      return [heat.shape, limb?.shape ?? null];
    };
    assert.equal(shapes({}), [
      [2, 21, 4, 4],
      [2, 1, 4, 4],
    ]);
    assert.equal(shapes({ limbc: 7, group: "G6", image_size: 48 }), [
      [2, 21, 6, 6],
      [2, 7, 6, 6],
    ]);
    assert.equal(shapes({ model: "CPM" }), [[2, 21, 4, 4], null]);
  });
});

test.run();
