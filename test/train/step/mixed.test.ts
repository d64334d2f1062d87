import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { initialise } from "../../../engine/core/init";
import { stream } from "../../../train/data/rng";
import { loadCheckpoint } from "../../../train/files/checkpoint";
import { readMetrics } from "../../../train/files/metrics-log";
import { train } from "../../../train/run/train";
import { Learner, type LearnerOptions } from "../../../train/step/learner";
import { createLearner } from "../../../train/step/setup";
import type { StepLine } from "../../../train/step/step-line";
import { testGpu } from "../../helpers/gpu";
import { outcome } from "../../helpers/outcome";
import { tinyBatch, tinyConfig, tinySpec, writeDataset } from "../../helpers/tiny";

const test = suite("mixed precision");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
test.after(() => rmSync(home, { recursive: true, force: true }));

/** A test of what needs float16 shaders; skipped aloud where there are none. */
function testHalf(name: string, body: () => Promise<void>): void {
  test(name, async () => {
    if ((await testGpu()).adapter.f16) await body();
    else console.log("    skipped: this adapter has no float16");
  });
}

const SETTINGS = { batch: 2, limbWeight: 0.1, partWeight: 0.2, norm: "map" } as const;

async function weightsOf({ network: { parameters } }: Learner): Promise<number[]> {
  return [...(await parameters.readArena(parameters.values)).values()].flatMap((v) => [...v]);
}

/** Some steps from He's first values, and what they led to. */
async function steps(count: number, options: LearnerOptions) {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const learner = new Learner(gpu, tinySpec(), options);
  initialise(learner.network.parameters, "he", stream(0, "init"));
  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 0; step < count; step++) {
    learner.step([tinyBatch(gpu, step % 8, (step % 8) + 2)], SETTINGS, 1e-3);
    const { losses: record, gradNorm, ok } = await learner.outcome();
    assert.ok(ok);
    losses.push(record.loss);
    norms.push(gradNorm);
  }
  const weights = await weightsOf(learner);
  const state = [...weights, ...((await learner.adam.scaling()) ?? [])];
  const [program] = learner.programs;
  learner.dispose();
  assert.equal([gpu.pool.liveBytes, gpu.tape.length], [before, 0]);
  return { losses, norms, weights, state, bytes: program?.bytes, livePeak: program?.livePeak };
}

testHalf(
  "50 steps follow those in single precision, eager and replayed equal bit for bit, in less memory",
  async () => {
    const single = await steps(50, { replay: true });
    const mixed = await steps(50, { precision: "mixed", replay: true });
    for (const [i, want] of single.losses.entries()) {
      const off = Math.abs(mixed.losses[i] - want) / want;
      assert.ok(off < 0.01, `step ${i + 1}: loss ${mixed.losses[i]} for ${want}`);
    }
    for (const [i, want] of single.norms.slice(0, 5).entries()) {
      const off = Math.abs(mixed.norms[i] - want) / want;
      assert.ok(off < 0.01, `step ${i + 1}: gradient norm ${mixed.norms[i]} for ${want}`);
    }
    assert.ok(mixed.losses[49] < 0.8 * mixed.losses[0], "it learns");
    assert.not.equal(mixed.losses, single.losses);
    assert.ok(mixed.livePeak! < 0.7 * single.livePeak!, `${mixed.livePeak} bytes for ${single.livePeak}`);
    assert.ok(mixed.bytes! <= 1.15 * mixed.livePeak!, `${mixed.bytes} bytes for ${mixed.livePeak}`);
    const eager = await steps(50, { precision: "mixed", replay: false });
    for (const key of ["losses", "norms", "state"] as const) assert.equal(mixed[key], eager[key], key);
    const segments = await steps(5, { precision: "mixed", replay: true, checkpointSegments: 10 });
    assert.equal(segments.losses, eager.losses.slice(0, 5), "checkpointed");
    const rough = { precision: "mixed", lossScale: { initial: 2 ** 19, growAfter: 2 } } as const;
    const [a, b] = [await steps(8, { ...rough, replay: false }), await steps(8, { ...rough, replay: true })];
    assert.ok(a.norms.some((norm) => !Number.isFinite(norm)) && a.norms.some(Number.isFinite), "some steps overflow");
    for (const key of ["losses", "norms", "state"] as const) assert.equal(b[key], a[key], `${key} where some overflow`);
  },
);

testHalf("gradients that overflow halve the scale and change nothing; training goes on", async () => {
  const gpu = await testGpu();
  const learner = new Learner(gpu, tinySpec(), { precision: "mixed", lossScale: { initial: 2 ** 24, growAfter: 3 } });
  initialise(learner.network.parameters, "he", stream(0, "init"));
  const start = await weightsOf(learner);
  const seen: { scale: number; finite: boolean; moved: boolean }[] = [];
  const losses: number[] = [];
  let before = start;
  for (let step = 0; step < 32; step++) {
    learner.step([tinyBatch(gpu, 0, 2)], SETTINGS, 1e-3);
    const { ok, gradNorm, lossScale, losses: record } = await learner.outcome();
    assert.ok(ok);
    losses.push(record.loss);
    const after = await weightsOf(learner);
    seen.push({
      scale: lossScale as number,
      finite: Number.isFinite(gradNorm),
      moved: after.some((v, i) => v !== before[i]),
    });
    before = after;
  }
  learner.dispose();
  assert.is(seen[0].scale, 2 ** 24);
  assert.not.ok(seen[0].finite, "the first gradients overflow");
  let good = 0;
  for (const [i, { scale, finite, moved }] of seen.entries()) {
    assert.is(moved, finite, `step ${i + 1}: weights move where gradients are finite`);
    good = finite ? (good % 3) + 1 : 0;
    const next = finite ? (good === 3 ? 2 * scale : scale) : scale / 2;
    if (i + 1 < seen.length) assert.is(seen[i + 1].scale, Math.min(next, 2 ** 24), `after step ${i + 1}`);
  }
  assert.ok(seen.filter((s) => s.finite).length > 12, "most steps go well");
  assert.ok(losses[31] < losses[0], `${losses[0]} to ${losses[31]}`);
});

testHalf("what is not finite in the forward pass is no matter of the scale, and ends the run", async () => {
  const gpu = await testGpu();
  const learner = new Learner(gpu, tinySpec(), { precision: "mixed" });
  initialise(learner.network.parameters, "he", stream(0, "init"));
  const name = "vgg19.backbone.0.weight";
  learner.network.parameters.load(name, new Float32Array(learner.network.parameters.get(name).size).fill(1e5));
  const before = await weightsOf(learner);
  learner.step([tinyBatch(gpu, 0, 2)], SETTINGS, 1e-3);
  assert.not.ok((await learner.outcome()).ok);
  assert.equal(await weightsOf(learner), before);
  learner.dispose();
});

testHalf(
  "a run resumed in mixed precision ends with the same bits; single goes on from mixed, and mixed from it",
  async () => {
    const gpu = await testGpu();
    const data = join(home, "data");
    await writeDataset(data, [5, 2, 2]);
    const run = async (name: string, precision: "single" | "mixed", max_steps: number, resume = false) => {
      const out = join(home, name);
      if (!resume) mkdirSync(out);
      const config = tinyConfig({ epochs: 5, validate_every: 2, samples: 0, precision, max_steps });
      await train({ gpu, config, data, out, silent: true, resume });
      return { out, last: loadCheckpoint(join(out, "last.safetensors")) };
    };
    const { out: whole } = await run("whole", "mixed", 12);
    const { last } = await run("parts", "mixed", 7);
    const [scale, good, correction1, correction2] = last.lossScale!;
    assert.equal([scale, good], [65536, 7]);
    assert.ok(Math.abs(correction1 - (1 - 0.9 ** 7)) < 1e-6 && Math.abs(correction2 / (1 - 0.999 ** 7) - 1) < 1e-6);
    const { out } = await run("parts", "mixed", 12, true);
    assert.equal(outcome(out).last.bits, outcome(whole).last.bits);
    assert.equal(outcome(out).last.lossScale, outcome(whole).last.lossScale);
    assert.equal(outcome(out).steps, outcome(whole).steps);
    const lines = readMetrics<StepLine>(join(out, "metrics.jsonl"));
    assert.ok(lines.every((line) => line.loss_scale === 65536));

    const warnings: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((text: string) => warnings.push(text)) as unknown as typeof write;
    try {
      const inSingle = await run("parts", "single", 13, true);
      assert.equal([inSingle.last.step, inSingle.last.lossScale], [13, null]);
      const again = await run("parts", "mixed", 14, true);
      assert.is(again.last.step, 14);
      assert.equal(again.last.lossScale!.slice(0, 2), [65536, 1]);
    } finally {
      process.stderr.write = write;
    }
    assert.match(warnings[0], "was trained in mixed precision; the run goes on in single precision");
    assert.match(warnings[1], "was trained in single precision; the run goes on in mixed precision");
    const losses = readMetrics<StepLine>(join(out, "metrics.jsonl")).map((line) => line.loss);
    assert.is(losses.length, 14);
    assert.ok(losses.slice(12).every((loss) => loss < losses[0]));
  },
);

test("without float16 shaders mixed precision is one clear line", async () => {
  const gpu = await testGpu();
  const { f16 } = gpu.adapter;
  gpu.adapter.f16 = false;
  try {
    assert.throws(
      () => createLearner(gpu, tinyConfig({ precision: "mixed" })),
      (e: Error) => e.name === "UserError" && /^precision: "mixed" needs an adapter with shader-f16/.test(e.message),
    );
    assert.throws(
      () => gpu.empty([4], "f16"),
      (e: Error) => e.name === "DtypeError",
    );
  } finally {
    gpu.adapter.f16 = f16;
  }
});

test.run();
