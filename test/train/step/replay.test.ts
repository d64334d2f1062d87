import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { initialise } from "../../../engine/core/init";
import { stream } from "../../../train/data/rng";
import { train } from "../../../train/run/train";
import { Learner, type LearnerOptions } from "../../../train/step/learner";
import { splitBatch } from "../../../train/step/micro-batch";
import { testGpu } from "../../helpers/gpu";
import { outcome } from "../../helpers/outcome";
import { tinyBatch, tinyConfig, tinySpec, writeDataset } from "../../helpers/tiny";

const test = suite("replayed steps");

/** 50 steps in which all changes that can: inputs, rates, limb weights, the batch's size and parts; and looks in between. */
async function fiftySteps(gpu: Gpu, options: LearnerOptions) {
  const learner = new Learner(gpu, tinySpec(), { clipNorm: 100, ...options });
  initialise(learner.network.parameters, "he", stream(0, "init"));
  const losses: number[] = [];
  const norms: number[] = [];
  const looks: number[] = [];
  for (let step = 0; step < 50; step++) {
    const size = step % 5 === 4 ? 1 : 2;
    const parts = splitBatch(size, step < 40 ? 2 : 1).map(([from, to]) => tinyBatch(gpu, step + from, step + to));
    const settings = {
      batch: size,
      limbWeight: 0.1 * 0.5 ** Math.floor(step / 15),
      partWeight: 0.2,
      norm: "map",
    } as const;
    learner.step(parts, settings, step < 25 ? 1e-3 : 5e-4);
    const { losses: record, gradNorm, ok } = await learner.outcome();
    assert.ok(ok);
    losses.push(record.loss);
    norms.push(gradNorm);
    if (size === 2) continue;
    await gpu.tape.noGradAsync(() =>
      gpu.scopeAsync(async () => {
        const maps = await learner.network
          .forward(tinyBatch(gpu, 100, 103)().input)
          .heatmaps.at(-1)!
          .data();
        looks.push(...maps.slice(0, 20));
      }),
    );
  }
  const { parameters } = learner.network;
  const state: number[] = [];
  for (const arena of [parameters.values, parameters.moment1, parameters.moment2]) {
    for (const values of (await parameters.readArena(arena)).values()) state.push(...values);
  }
  learner.dispose();
  return { losses, norms, looks, state };
}

test("50 steps are equal bit for bit, eager, replayed, and checkpointed", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const eager = await fiftySteps(gpu, { replay: false });
  for (const options of [{ replay: true }, { replay: true, checkpointSegments: 10 }]) {
    const got = await fiftySteps(gpu, options);
    for (const key of ["losses", "norms", "looks", "state"] as const) {
      assert.equal(got[key], eager[key], `${key}, ${JSON.stringify(options)}`);
    }
  }
  assert.ok(eager.losses[49] < 0.8 * eager.losses[0], "it learns");
  assert.is(gpu.pool.liveBytes, before);
});

test("checkpointed steps are equal bit for bit, eager and replayed, and need less memory", async () => {
  const gpu = await testGpu();
  const run = async (options: LearnerOptions) => {
    const learner = new Learner(gpu, tinySpec(), options);
    initialise(learner.network.parameters, "he", stream(0, "init"));
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) {
      learner.step([tinyBatch(gpu, step, step + 2)], { batch: 2, limbWeight: 0.1, partWeight: 0.2, norm: "map" }, 1e-3);
      losses.push((await learner.outcome()).losses.loss);
    }
    const { parameters } = learner.network;
    const weights = [...(await parameters.readArena(parameters.values)).values()].flatMap((v) => [...v]);
    const bytes = learner.programs[0]?.bytes;
    learner.dispose();
    return { losses, weights, bytes };
  };
  const plain = await run({ replay: true });
  for (const checkpointSegments of [3, 10]) {
    const got = await run({ checkpointSegments, replay: checkpointSegments !== 3 });
    assert.equal([got.losses, got.weights], [plain.losses, plain.weights], `${checkpointSegments} segments`);
    if (got.bytes) assert.ok(got.bytes < 0.9 * plain.bytes, `${got.bytes} bytes for ${plain.bytes}`);
  }
  assert.is(gpu.tape.length, 0);
});

test("a replayed step reaches the GPU with nothing made anew, in memory near the least possible", async () => {
  const gpu = await testGpu();
  gpu.pool.trim();
  const before = gpu.pool.totalBytes;
  const learner = new Learner(gpu, tinySpec(), { replay: true });
  initialise(learner.network.parameters, "he", stream(0, "init"));
  const seen: unknown[] = [];
  for (let step = 0; step < 4; step++) {
    learner.step([tinyBatch(gpu, step, step + 2)], { batch: 2, limbWeight: 0.1, partWeight: 0, norm: "map" }, 1e-3);
    await learner.outcome();
    seen.push([gpu.pool.totalBytes, gpu.pipelines.count, gpu.cached]);
  }
  assert.equal(seen.slice(1), [seen[1], seen[1], seen[1]]);
  const { parameters } = learner.network;
  const [program] = learner.programs;
  const inputs = 4 * (2 * 3 * 32 * 32 + 2 * 28 * 16);
  const least = program.livePeak + 4 * parameters.values.bytes + inputs;
  const used = gpu.pool.totalBytes - before;
  assert.ok(program.bytes <= 1.15 * program.livePeak, `${program.bytes} bytes for ${program.livePeak}`);
  assert.ok(used <= 1.15 * least + inputs, `${used} bytes in all for ${least}`);
  learner.dispose();
});

test("a whole run is equal, file for file: validation, a smaller last batch, changes of rate and limb weight", async () => {
  const home = mkdtempSync(join(tmpdir(), "nsrm-"));
  try {
    await writeDataset(home, [3, 2, 1]);
    const gpu = await testGpu();
    const run = async (name: string, replay: boolean) => {
      const out = join(home, name);
      mkdirSync(out);
      const schedule = { epochs: 3, lr_decay_epoch: 1, weight_decay: 2, w_decay_ratio: 0.5, samples: 0 };
      await train({ gpu, config: tinyConfig({ ...schedule, replay }), data: home, out, silent: true });
      const { steps, last, best, predictions } = outcome(out);
      return { steps, last: last.bits, best: best.bits, predictions };
    };
    const [eager, replayed] = [await run("eager", false), await run("replayed", true)];
    assert.equal(replayed, eager);
    const lines = eager.steps as { lr: number; limb_weight: number; images: number }[];
    for (const key of ["lr", "limb_weight", "images"] as const) {
      assert.ok(new Set(lines.map((line) => line[key])).size > 1, `${key} changes`);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test.run();
