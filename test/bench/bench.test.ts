import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openOurLayers } from "../../bench/contenders/index";
import type { LayerContender, Task } from "../../bench/contract/index";
import { benchKernels, type KernelsResult, LAYER_SETS, layerCases } from "../../bench/kernels/index";
import { measureCase } from "../../bench/kernels/measure-case";
import { benchConfig, MismatchError, measureRoofline, type Roofline } from "../../bench/measure/index";
import { type ListedPeer, PEERS } from "../../bench/peers/index";
import { resultsMarkdown, resultsPage, resultsText } from "../../bench/report/index";
import { benchMemory, benchStep, benchSweep, STEP_SETS } from "../../bench/step/index";
import { testGpu } from "../helpers/gpu";

const test = suite("bench");

const TINY = ["width=0.02", "image_size=16", "batch_size=2"];
const config = benchConfig("configs/LPM_G1.json", STEP_SETS, TINY);

const TFJS = PEERS.filter(({ name }) => name === "tfjs");

const ROOF: Roofline = {
  fma_gflops: 0,
  load_vec4_gbs: 0,
  load_scalar_gbs: 1,
  cached_vec4_gloads: 1,
  cached_scalar_gloads: 1,
  shared_gbs: 1,
  dispatch_us: 1,
  submit_us: 1,
  fence_us: 1,
};

const roofline = { ...ROOF, fma_gflops: 10, load_vec4_gbs: 2 };

/** A contender whose tasks are another's, changed. */
function changed(contender: LayerContender, change: (task: Task) => Task): LayerContender {
  const tasks = Object.entries(contender.tasks).map(([op, make]) => [op, (c: never) => change(make(c)!)]);
  return { ...contender, tasks: Object.fromEntries(tasks) };
}

/** Peers that can do nothing, and that cannot be loaded. */
const UNABLE: ListedPeer = { name: "unable", load: async () => ({ version: "1" }) };
const ABSENT: ListedPeer = { name: "absent", load: () => Promise.reject(new Error("not here\nat all")) };

function refuseMemory(): never {
  throw new Error("no memory\nat all");
}

test("step: figures for every contender, tfjs checked to compute our numbers", async () => {
  const gpu = await testGpu();
  // tfjs compiles for a minute on SwiftShader; equality does not depend on the driver.
  const peers = gpu.adapter.kind === "swiftshader" ? [] : TFJS;
  if (peers.length === 0) console.log("    skipped: the peer, on SwiftShader");
  const result = await benchStep({ gpu, config, peers: [...peers, UNABLE, ABSENT], rounds: 1, first: null });
  assert.is(result.kind, "step");
  assert.equal([Object.keys(result.peers), result.without], [peers.map(({ name }) => name), ["unable"]]);
  for (const figures of [result, ...Object.values(result.peers)]) {
    assert.ok(figures.step_ms > 0 && figures.forward_ms > 0);
    assert.ok(Math.abs(figures.images_per_s - 2000 / figures.step_ms) < 1e-6);
    assert.is(figures.first_ms, null);
    assert.ok(figures.peak_bytes > 4 * 4 * result.network.parameters, "at least values, gradients and two moments");
  }
  assert.ok(result.least_bytes! > 4 * 4 * result.network.parameters && result.least_bytes! < result.peak_bytes);
  assert.equal(result.refused, { absent: "not here" });
  for (const { name } of peers) {
    const { ratio_step, step_ms, agreement } = result.peers[name];
    assert.is(ratio_step, step_ms / result.step_ms);
    assert.ok(agreement.loss < 1e-5 && agreement.gradient < 2e-3);
    assert.ok(agreement.gradient > 0, "two libraries never round alike");
  }
  const { profile } = result;
  if (gpu.adapter.timestamps) {
    assert.ok(profile!.phases.forward > 0 && profile!.phases.backward > 0 && profile!.phases.optimizer > 0);
    assert.ok(profile!.dispatches > 200);
  }
  assert.ok(result.encode_ms > 0 && result.pipelines > 10);
  const results = [{ ...result, command: "npx nsrm bench step" }];
  assert.match(resultsText(results), /images\/s/);
  assert.match(resultsMarkdown(results), /\| conv_pad \|/);
  assert.match(resultsMarkdown(results), /^\| unable( \| -){7} \|$/m);
  assert.match(resultsText(results), /^Not measured: absent \(not here\)\.$/m);
});

test("roofline: every limit is a finite number, arithmetic in a believable range", async () => {
  const limits = await measureRoofline(await testGpu(), 4);
  for (const [name, value] of Object.entries(limits)) {
    assert.ok(Number.isFinite(value) && value >= 0, `${name} ${value}`);
  }
  assert.ok(limits.fma_gflops > 0.5 && limits.fma_gflops < 1e6);
});

test("memory: more segments run again, fewer bytes", async () => {
  const gpu = await testGpu();
  const { createBuffer } = gpu.device;
  const result = await benchMemory({ gpu, config, segments: [0, 2, 10], rounds: 1 });
  assert.is(gpu.device.createBuffer, createBuffer, "nothing watches the device any more");
  const [none, some, all] = result.points;
  assert.equal([none.saved, none.saved_step, none.added], [0, 0, 0]);
  assert.ok(some.step_bytes < none.step_bytes && some.peak_bytes < none.peak_bytes);
  assert.ok(Math.abs(some.saved_step - (1 - some.step_bytes / none.step_bytes)) < 1e-12);
  assert.is(all.added, all.step_ms / none.step_ms - 1);
  const results = [{ ...result, command: "npx nsrm bench memory" }];
  assert.match(resultsMarkdown(results), /\| 10 \| /);
  assert.not.match(resultsPage(results), /NaN|undefined/);
});

test("kernels: tfjs draws our maps and computes our losses", async () => {
  const gpu = await testGpu();
  if (gpu.adapter.kind === "swiftshader") return console.log("    skipped: the peer, on SwiftShader");
  const small = benchConfig("configs/LPM_G1.json", LAYER_SETS, ["width=0.02", "image_size=48", "batch_size=2"]);
  for (const layers of ["masks", "loss"]) {
    const { layers: measured } = await benchKernels({
      gpu,
      config: small,
      layers,
      peers: TFJS,
      rounds: 1,
      roofline,
    });
    assert.ok(measured.length >= 2);
    for (const { name, peers, refused } of measured) {
      assert.equal(refused, {}, name);
      assert.ok(peers.tfjs.error < 1e-5, `${name}: ${peers.tfjs.error}`);
    }
  }
});

test("kernels: one computation that fails costs no other; figures are handed out as they come", async () => {
  const gpu = await testGpu();
  const small = benchConfig("configs/LPM_G1.json", LAYER_SETS, TINY);
  const counts: number[] = [];
  const create = gpu.pool.take;
  const result = await benchKernels({
    ...{ gpu, config: small, layers: "loss", peers: [UNABLE, ABSENT], rounds: 1, roofline },
    async keep({ layers, failed }) {
      counts.push(layers.length + Object.keys(failed).length);
      // The second computation finds no memory.
      gpu.pool.take = counts.length === 1 ? refuseMemory : create;
    },
  });
  assert.equal(counts, [1, 2, 3, 4]);
  assert.equal([result.layers.length, result.cases], [3, 4]);
  assert.equal(Object.values(result.failed), ["no memory"]);
  assert.equal([result.without, result.absent], [["unable"], { absent: "not here" }]);
  const text = (r: KernelsResult) => resultsText([{ ...r, command: "npx nsrm bench kernels" }]);
  assert.match(text(result), /Not measured: absent \(not here\); loss .* \(no memory\)\./);
  assert.match(text(result), / unable ms {2}ratio\n(.* - {6}-\n){2}/);
  assert.not.match(text(result), /Cut short/);
  assert.match(text({ ...result, layers: result.layers.slice(1) }), /Cut short: 1 of 4/);
});

test("kernels: a slow contender has fewer rounds, but one at least", async () => {
  const [c] = layerCases(benchConfig("configs/LPM_G1.json", LAYER_SETS, TINY)).filter(({ op }) => op === "loss");
  const ours = openOurLayers(await testGpu());
  const taking = (name: string, run: () => Promise<void>) => ({
    name,
    contender: changed(ours, (task) => ({ ...task, run })),
  });
  const quick = taking("quick", async () => undefined);
  const slow = taking("slow", () => new Promise((done) => setTimeout(done, 300)));
  const { timing, peers } = await measureCase(c, [quick, slow], ROOF, 3, 500);
  assert.equal([timing.runs, peers.slow.timing.runs], [3, 1]);
  const enough = await measureCase(c, [quick, slow], ROOF, 2, 1e6);
  assert.equal([enough.timing.runs, enough.peers.slow.timing.runs], [2, 2]);
});

test("kernels: chosen layers are timed, rates follow from times", async () => {
  const gpu = await testGpu();
  const small = benchConfig("configs/LPM_G1_6.json", LAYER_SETS, TINY);
  const result = await benchKernels({ gpu, config: small, layers: "@2", peers: [], rounds: 1, roofline });
  assert.ok(result.layers.length > 20);
  for (const l of result.layers) {
    assert.ok(Math.abs(l.gflops * l.ms * 1e6 - l.flops) < 1e-3 * l.flops);
    const [compute, memory] = [l.gflops / 10, l.gbs / 2];
    assert.ok(Math.abs(l.share - Math.max(compute, memory)) < 1e-9);
    assert.is(l.bound, compute >= memory ? "compute" : "memory");
  }
  const page = resultsPage([{ ...result, command: "npx nsrm bench kernels --layers '<b>'" }]);
  assert.match(page, /<svg [^>]*role="img"/);
  assert.match(page, /&lt;b&gt;/);
  assert.not.match(page, /NaN|undefined|src=|href=/);
});

test("kernels: a peer that is wrong or fails is named and not timed; where we are wrong nothing is", async () => {
  const gpu = await testGpu();
  const [c] = layerCases(benchConfig("configs/LPM_G1.json", LAYER_SETS, TINY));
  const ours = openOurLayers(gpu);
  const saying = (name: string, result: (right: Float32Array) => Float32Array) => ({
    name,
    contender: changed(ours, (task) => ({ ...task, result: async () => result(await task.result()) })),
  });
  const wrong = saying("wrong", (right) => right.map((v, i) => (i === 7 ? v + 1 : v)));
  const broken = saying("broken", () => {
    throw new Error("no such kernel\nat all");
  });
  const unable = { name: "unable", contender: { ...ours, tasks: {} } };
  const entrants = [{ name: "nsrm", contender: ours }, wrong, broken, unable, saying("right", (r) => r)];
  const result = await measureCase(c, entrants, ROOF, 1);
  assert.equal(Object.keys(result.peers), ["right"]);
  assert.equal(Object.keys(result.refused), ["wrong", "broken"], "one that has no such computation is neither");
  assert.match(result.refused.wrong, /differs by/);
  assert.is(result.refused.broken, "it failed: no such kernel");
  const scaled = saying("scaled", (right) => right.map((v) => 1.01 * v));
  await measureCase(c, [scaled], ROOF, 1).then(
    () => assert.unreachable(),
    (e) => assert.instance(e, MismatchError),
  );
});

test("sweep: a law for each axis with two settings", async () => {
  const axes = { batch: [1, 2], size: [16], width: [] };
  const result = await benchSweep({ gpu: await testGpu(), config, axes, rounds: 1 });
  const [batch, size, width] = result.axes;
  assert.equal(
    batch.points.map((p) => p.x),
    [1, 2],
  );
  assert.ok(batch.memory!.exponent > 0 && batch.memory!.exponent <= 1.2);
  assert.is(size.points[0].x, 256);
  assert.is(size.step, null);
  assert.is(width.points.length, 0);
  assert.equal(result.failed, {});
});

test("sweep: a setting that cannot be is named, the others are measured", async () => {
  const axes = { batch: [1], size: [15, 16], width: [] };
  const result = await benchSweep({ gpu: await testGpu(), config, axes, rounds: 1 });
  assert.equal(Object.keys(result.failed), ["size 15"]);
  assert.match(result.failed["size 15"], /image_size/);
  assert.equal(
    result.axes[1].points.map((p) => p.value),
    [16],
  );
  assert.match(resultsText([{ ...result, command: "" }]), /Not measured: size 15/);
});

test.run();
