import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { initialise } from "../../../engine/core/init";
import { stream } from "../../../train/data/rng";
import { findNonFinite } from "../../../train/step/diagnose";
import { Learner } from "../../../train/step/learner";
import type { LearnerBatch } from "../../../train/step/learner-batch";
import { testGpu } from "../../helpers/gpu";
import { numbers, tinyBatch, tinySpec } from "../../helpers/tiny";

const test = suite("diagnose");

const SETTINGS = { batch: 2, limbWeight: 0.1, partWeight: 0.2, norm: "map" } as const;

/** Breaks something, takes a step, and checks that no weight moved. @returns where the first bad value was found */
async function diagnose(
  spoil: (learner: Learner, gpu: Gpu) => void,
  change: (batch: LearnerBatch, gpu: Gpu) => LearnerBatch = (batch) => batch,
): Promise<string> {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const learner = new Learner(gpu, tinySpec());
  const { parameters } = learner.network;
  const everything = async () => {
    const arenas = [parameters.values, parameters.moment1, parameters.moment2];
    const maps = await Promise.all(arenas.map((arena) => parameters.readArena(arena)));
    return maps.flatMap((map) => [...map.values()].map((v) => Buffer.from(v.buffer).toString("base64")));
  };
  try {
    initialise(parameters, "he", stream(0, "init"));
    learner.step([tinyBatch(gpu, 0, 2)], SETTINGS, 1e-3);
    spoil(learner, gpu);
    const state = await everything();
    const parts = () => [() => change(tinyBatch(gpu, 0, 2)(), gpu)];
    learner.step(parts(), SETTINGS, 1e-3);
    assert.is((await learner.outcome()).ok, false);
    learner.step([tinyBatch(gpu, 0, 2)], SETTINGS, 1e-3); // was on its way already
    assert.is((await learner.outcome()).ok, false);
    assert.equal(await everything(), state, "not a bit of weights and moments has changed");
    return await findNonFinite(learner, parts, SETTINGS);
  } finally {
    learner.dispose();
    assert.is(gpu.pool.liveBytes, before, "memory");
    assert.is(gpu.tape.observer, null);
  }
}

/** Overwrites one value. */
const poke = (learner: Learner, name: string, at: number, value: number) => {
  const t = learner.network.parameters.get(name);
  const one = t.gpu.tensor([value], [1]);
  t.gpu.commands.copy(one.storage.buffer, 0, t.storage.buffer, t.storage.offset + 4 * at, 4);
  one.dispose();
};

test("a parameter that is NaN", async () => {
  const where = await diagnose((learner) => poke(learner, "stage3.Mconv2.conv.weight", 7, Number.NaN));
  assert.is(where, "parameter stage3.Mconv2.conv.weight");
});

test("an image with a NaN", async () => {
  const where = await diagnose(
    () => {},
    ({ targets }, gpu) => {
      const pixels = numbers(2 * 3 * 32 * 32, 5);
      pixels[4000] = Number.NaN;
      return { input: gpu.tensor(pixels, [2, 3, 32, 32]), targets };
    },
  );
  assert.is(where, "the input");
});

test("weights that overflow: the layer where it begins", async () => {
  const where = await diagnose((learner) => {
    const { parameters } = learner.network;
    for (const layer of ["stage2.Mconv3.conv", "stage2.Mconv4.conv"]) {
      const { size } = parameters.get(`${layer}.weight`);
      parameters.load(`${layer}.weight`, new Float32Array(size).fill(1e25));
    }
  });
  assert.is(where, "conv2d in stage2.Mconv4.conv");
});

test("targets so large that their square overflows", async () => {
  const where = await diagnose(
    () => {},
    ({ input, targets }, gpu) => {
      const heat = gpu.tensor(new Float32Array(targets.heat.size).fill(1e38), targets.heat.shape);
      return { input, targets: { ...targets, heat } };
    },
  );
  assert.is(where, "sumMse in the loss");
});

test("a gradient that overflows although every value forward is finite", async () => {
  const where = await diagnose((learner) => {
    const { parameters } = learner.network;
    const fill = (name: string, value: number) =>
      parameters.load(name, new Float32Array(parameters.get(name).size).fill(value));
    // Forward 2e-38, 3e-19, 15; backward 20, 2e20, and beyond float32.
    fill("stage6.Mconv5.conv.weight", 0);
    fill("stage6.Mconv5.conv.bias", 2e-38);
    fill("stage6.Mconv6.weight", 3e18);
    fill("stage6.Mconv6.bias", 0);
    fill("stage6.Mconv7.weight", 1e19);
    fill("stage6.Mconv7.bias", 0);
  });
  assert.is(where, "gradient of conv2d in stage6.Mconv6");
});

test.run();
