import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { initialise } from "../../../engine/core/init";
import type { AdamOptions } from "../../../engine/optim/adam";
import { renderTargets } from "../../../masks/render";
import { groupsOf } from "../../../masks/skeleton";
import type { NetworkSpec } from "../../../model/network/network";
import { stream } from "../../../train/data/rng";
import { decoders } from "../../../train/decode/decoders";
import { fromMapUnits } from "../../../train/pose/pose";
import { Learner } from "../../../train/step/learner";
import type { LossSettings } from "../../../train/step/losses";
import { splitBatch } from "../../../train/step/micro-batch";
import { testGpu } from "../../helpers/gpu";
import { KITE } from "../../helpers/kite";
import { numbers, TINY, tinyBatch, tinySpec } from "../../helpers/tiny";

const test = suite("learner");

const settings = (batch: number): LossSettings => ({ batch, limbWeight: 0.1, partWeight: 0.2, norm: "map" });

/** Runs `body` with a new learner of He's first values and checks that it leaves no memory in use. */
async function withLearner(
  body: (learner: Learner, gpu: Gpu) => Promise<void>,
  options: AdamOptions = {},
  spec: NetworkSpec = tinySpec(),
): Promise<void> {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const learner = new Learner(gpu, spec, options);
  initialise(learner.network.parameters, "he", stream(0, "init"));
  try {
    await body(learner, gpu);
  } finally {
    learner.dispose();
  }
  assert.is(gpu.pool.liveBytes, before);
  assert.equal([gpu.tape.length, gpu.tape.path.length], [0, 0]);
}

const weights = ({ network: { parameters } }: Learner) => parameters.readArena(parameters.values);

const bits = (state: Map<string, Float32Array>): string =>
  [...state]
    .map(([name, v]) => `${name} ${Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString("base64")}`)
    .join();

test("gradients and losses of a batch in parts equal the whole batch's", () =>
  withLearner(async (learner, gpu) => {
    const run = async (parts: [number, number][]) => {
      learner.gradients(
        parts.map(([from, to]) => tinyBatch(gpu, from, to)),
        settings(5),
      );
      const { parameters } = learner.network;
      const [gradients, { losses }] = await Promise.all([
        parameters.readArena(parameters.gradients),
        learner.outcome(),
      ]);
      return { gradients, losses };
    };
    assert.equal(splitBatch(5, 2), [
      [0, 1],
      [1, 3],
      [3, 5],
    ]);
    const whole = await run([[0, 5]]);
    for (const parts of [
      [
        [0, 2],
        [2, 4],
        [4, 5],
      ],
      splitBatch(5, 1),
    ] as [number, number][][]) {
      const split = await run(parts);
      for (const name of ["loss", "cm", "limb", "g1", "g6"] as const) {
        const [got, want] = [split.losses[name], whole.losses[name]];
        assert.ok(want > 0 && Math.abs(got - want) <= 1e-6 * want, `${name}: ${got} for ${want}`);
      }
      for (const [name, want] of whole.gradients) {
        const got = split.gradients.get(name)!;
        const absmax = want.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        const worst = want.reduce((m, v, i) => Math.max(m, Math.abs(v - got[i])), 0);
        assert.ok(absmax > 0, `${name} has a gradient`);
        assert.ok(worst <= 1e-6 * absmax, `${name}: ${(worst / absmax).toExponential(2)}`);
      }
    }
  }));

test("a smaller last batch counts by its own size", () =>
  withLearner(async (learner, gpu) => {
    const loss = async (from: number, to: number) => {
      learner.gradients([tinyBatch(gpu, from, to)], settings(to - from));
      return (await learner.outcome()).losses.loss;
    };
    const single = [await loss(0, 1), await loss(1, 2), await loss(2, 3)];
    const mean = (single[0] + single[1] + single[2]) / 3;
    const batch = await loss(0, 3);
    assert.ok(Math.abs(batch - mean) <= 1e-6 * mean, `${batch} for ${mean}`);
  }));

test("frozen layers keep every bit, the others learn", () =>
  withLearner(
    async (learner, gpu) => {
      const { parameters } = learner.network;
      parameters.freeze(["vgg19.backbone.", "stage2.Mconv1."]);
      const before = await weights(learner);
      const losses: number[] = [];
      for (let i = 0; i < 4; i++) {
        learner.step([tinyBatch(gpu, 0, 2)], settings(2), 1e-2);
        losses.push((await learner.outcome()).losses.loss);
      }
      const after = await weights(learner);
      for (const [name, want] of before) {
        const same = after.get(name)!.every((v, i) => Object.is(v, want[i]));
        assert.is(same, /^(vgg19\.backbone|stage2\.Mconv1)\./.test(name), name);
      }
      assert.ok(losses[3] < losses[0], `loss ${losses.join(" ")}`);
    },
    // Also when decay would shrink what has no gradient.
    { weightDecay: 0.1 },
  ));

test("two runs from one seed are equal bit for bit", async () => {
  const results: string[] = [];
  for (let run = 0; run < 2; run++) {
    await withLearner(async (learner, gpu) => {
      for (let i = 0; i < 3; i++) learner.step([tinyBatch(gpu, 2 * i, 2 * i + 2)], settings(2), 1e-3);
      results.push(bits(await weights(learner)));
    });
  }
  assert.ok(results[0] === results[1]);
});

test("steps of all sizes leave memory, pipelines and caches as they were", () =>
  withLearner(async (learner, gpu) => {
    const { liveBytes } = gpu.pool;
    const seen: object[] = [];
    for (let i = 0; i < 8; i++) {
      const size = i % 4 === 3 ? 1 : 2; // the last batch of an epoch is smaller
      learner.step([tinyBatch(gpu, 0, size)], settings(size), 1e-3);
      await learner.outcome();
      assert.is(gpu.pool.liveBytes, liveBytes, `step ${i}: all that was made is released`);
      seen.push({ total: gpu.pool.totalBytes, pipelines: gpu.pipelines.count, ...gpu.cached });
    }
    for (const later of seen.slice(4)) assert.equal(later, seen[3]);
    const pipelines = seen.map((s) => (s as { pipelines: number }).pipelines);
    assert.ok(
      pipelines.every((n) => n === pipelines[0]),
      `pipelines ${pipelines}`,
    );
    const dispatches = gpu.commands.count.dispatches;
    learner.step([tinyBatch(gpu, 0, 2)], settings(2), 1e-3);
    assert.ok(gpu.commands.count.dispatches - dispatches > 300, "the counters count");
  }));

test("CPM learns without limbs", () =>
  withLearner(
    async (learner, gpu) => {
      const losses: number[] = [];
      for (let i = 0; i < 3; i++) {
        learner.step([tinyBatch(gpu, 0, 2, 32, 0)], settings(2), 1e-3);
        const outcome = (await learner.outcome()).losses;
        losses.push(outcome.loss);
        assert.equal([outcome.loss === outcome.cm, outcome.limb, outcome.g1, outcome.g6], [true, 0, 0, 0]);
      }
      assert.ok(losses[2] < losses[0]);
    },
    {},
    tinySpec(1, "CPM"),
  ));

test("a network for a made-up skeleton: five joints and three groups of limbs, drawn, trained on and decoded", () => {
  const [joints, groups] = [KITE.joints.length, groupsOf(KITE, "wings").length];
  const spec = { architecture: "NSRM", widths: TINY, limbChannels: groups, keypointChannels: joints } as const;
  return withLearner(
    async (learner, gpu) => {
      const { specs } = learner.network.parameters;
      const shapeOf = (name: string) => specs.find((s) => s.name === name)!.shape;
      assert.equal(shapeOf("stage1.stage1_2.weight"), [groups, TINY.hid, 1, 1]);
      assert.equal(shapeOf("stage6.Mconv7.bias"), [joints]);
      assert.is(shapeOf("stage5.Mconv1.conv.weight")[1], TINY.feat + groups + joints);

      const labels = Float64Array.from(numbers(2 * 2 * joints, 5, 0.4, 2.6)).map((v) => Math.round(v));
      const part = () => {
        const targets = { heat: gpu.empty([2, joints, 4, 4]), limb: gpu.empty([2, groups, 4, 4]) };
        renderTargets(gpu, KITE, labels, targets, { kind: "LPM", grouping: "wings" });
        return { input: gpu.tensor(numbers(2 * 3 * 32 * 32, 1, -2, 2), [2, 3, 32, 32]), targets };
      };
      const losses: number[] = [];
      for (let step = 0; step < 12; step++) {
        learner.step([part], settings(2), 1e-2);
        losses.push((await learner.outcome()).losses.loss);
      }
      assert.ok(losses[11] < 0.8 * losses[0], losses.join());

      const [found, drawn] = await gpu.inference(async () => {
        const { input, targets } = part();
        return Promise.all([learner.network.forward(input).heatmaps[2].data(), targets.heat.data()]);
      });
      assert.is(found.length, 2 * joints * 16);
      const facts = { rows: 4, columns: 4, width: 32, height: 32, sigma: 1 };
      assert.equal(decoders.argmax(drawn, facts).points, fromMapUnits(labels));
    },
    {},
    spec,
  );
});

test.run();
