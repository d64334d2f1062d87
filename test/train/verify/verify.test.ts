import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import {
  decodeSafetensors,
  encodeSafetensors,
  type NamedArray,
  readSafetensors,
  type SafetensorsFile,
} from "../../../model/files/safetensors";
import { formatReport } from "../../../train/verify/report";
import { verify } from "../../../train/verify/verify";
import { testGpu } from "../../helpers/gpu";
import { sharedFile } from "../../helpers/shared";

const test = suite("verify");

const MODEL = "test/golden/model.safetensors";
const TRAJECTORY = "test/golden/trajectory.safetensors";

/** A fixture with some of its tensors and metadata changed; undefined removes one. */
function altered(
  path: string,
  change: (tensor: NamedArray) => NamedArray | undefined,
  metadata: Record<string, string | undefined> = {},
): SafetensorsFile {
  const file = readSafetensors(path);
  const tensors = file.names
    .map((name) => change({ name, shape: file.shape(name), data: file.f32(name) }))
    .filter((t) => t !== undefined);
  const texts = Object.entries({ ...file.metadata, ...metadata }).filter(
    (e): e is [string, string] => e[1] !== undefined,
  );
  return decodeSafetensors(Buffer.concat(encodeSafetensors(tensors, Object.fromEntries(texts))), "altered");
}

const only = (name: string, change: (t: NamedArray) => NamedArray | undefined) => (t: NamedArray) =>
  t.name === name ? change(t) : t;

/** One value of a tensor moved by a share of the tensor's largest. */
const nudged = (share: number) => (t: NamedArray) => {
  const data = Float32Array.from(t.data as Float32Array);
  data[data.length >> 1] += share * data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return { ...t, data };
};

const poisoned = (t: NamedArray) => ({
  ...t,
  data: (t.data as Float32Array).map((v, i) => (i === 3 ? Number.NaN : v)),
});

async function failures(file: SafetensorsFile): Promise<string[]> {
  const report = await verify(await testGpu(), file);
  assert.is(
    report.ok,
    report.checks.every((c) => c.ok),
  );
  return report.checks.filter((c) => !c.ok).map((c) => c.name);
}

test("the model fixture: outputs, gradients, five steps", async () => {
  const gpu = await testGpu();
  const live = gpu.pool.liveBytes;
  const report = await verify(gpu, readSafetensors(MODEL));
  assert.ok(report.ok, formatReport(report));
  const names = report.checks.map((c) => c.name);
  for (const name of [
    "out.vgg19",
    "out.stage6",
    "out.limb_maps_sigmoid",
    "out.conf_maps",
    "grad.stage3.Mconv7.bias",
    "loss 5",
    "loss 1 g6",
    "parameters after step 2",
  ]) {
    assert.ok(names.includes(name), `${name} is checked`);
  }
  assert.is(gpu.pool.liveBytes, live);
});

test("the trajectory fixture: one step, and the run from its state on", async () => {
  const report = await verify(await testGpu(), readSafetensors(TRAJECTORY));
  assert.ok(report.ok, formatReport(report));
  const names = report.checks.map((c) => c.name);
  const losses = names.filter((name) => name.startsWith("loss "));
  assert.equal([losses[0], losses.at(-1)], ["loss 11", "loss 41"]);
  assert.is(names.filter((name) => name === "state10.next").length, 2);
});

test("a fixture that differs by little fails, by name", async () => {
  const { losses_f32, losses_f64 } = readSafetensors(MODEL).metadata;
  const [single, double] = [losses_f32, losses_f64].map((text) => JSON.parse(text));
  single[1].g6 *= 1 - 3e-5;
  for (const losses of [single, double]) losses[2].total *= 1 + 3e-5; // both: their distance is part of the limit
  const losses = { losses_f32: JSON.stringify(single), losses_f64: JSON.stringify(double) };
  const change = (t: NamedArray) => {
    if (t.name === "out.stage4") return nudged(3e-5)(t);
    if (t.name === "grad.vgg19.conv5_3.weight") return nudged(3e-4)(t);
    if (t.name === "out.stage5" || t.name === "step2.stage1.stage1_1.weight") return poisoned(t);
    return t;
  };
  assert.equal((await failures(altered(MODEL, change, losses))).sort(), [
    "grad.vgg19.conv5_3.weight",
    "loss 2 g6",
    "loss 3",
    "out.stage4",
    "out.stage5",
    "parameters after step 2",
  ]);
});

test("a trajectory whose next parameters or moments differ fails", async () => {
  const next = altered(TRAJECTORY, only("state10.next.vgg19.backbone.0.weight", nudged(0.1)));
  assert.equal(await failures(next), ["state10.next"]);
  const moments = altered(TRAJECTORY, (t) =>
    t.name.startsWith("state10.exp_avg_sq.") ? { ...t, data: (t.data as Float32Array).map((v) => 1.2 * v) } : t,
  );
  assert.ok((await failures(moments)).includes("state10.next"), "Adam's moments are used");
});

test("what is missing or odd in a fixture is said in one line", async () => {
  const gpu = await testGpu();
  const says = async (file: SafetensorsFile, pattern: RegExp) => {
    const live = gpu.pool.liveBytes;
    let error: unknown;
    await verify(gpu, file).catch((e) => (error = e));
    assert.instance(error, UserError);
    assert.match((error as Error).message, pattern);
    assert.not.match((error as Error).message, /\n/);
    assert.is(gpu.pool.liveBytes, live, "memory");
  };
  const same = (t: NamedArray) => t;
  const gone = () => undefined;
  await says(
    altered(MODEL, (t) => (t.name === "input" ? t : undefined)),
    /not a fixture: it has neither/,
  );
  await says(altered(MODEL, only("input", gone)), /altered.*input/);
  await says(altered(MODEL, only("init.stage2.Mconv6.bias", gone)), /init\.stage2\.Mconv6\.bias/);
  await says(altered(MODEL, same, { widths: undefined }), /metadata 'widths' is missing/);
  await says(altered(MODEL, same, { widths: '{"vgg":[4,4,5]}' }), /metadata 'widths': expected/);
  await says(altered(MODEL, same, { widths: "nonsense" }), /metadata 'widths':1:\d+: not valid JSON/);
  await says(altered(MODEL, same, { losses_f32: '[{"step":1}]' }), /metadata 'losses_f32': expected/);
  await says(altered(MODEL, same, { config: '{"limbs":7}' }), /metadata 'config': unknown key "limbs"/);
  const narrow = JSON.stringify({ vgg: [4, 4, 5, 7], feat: 5, stage: 5, hid: 7 });
  await says(altered(MODEL, same, { widths: narrow }), /'init\.vgg19\.\S+' is \[.*\]; expected \[/);
  const half = (t: NamedArray) => ({ ...t, shape: [1, 3, 128, 64] });
  await says(altered(MODEL, only("input", half)), /'cm_target' is .* expected \[1, 21, 16, 8\]/);
  const flat = (t: NamedArray) => ({ ...t, shape: [t.data.length] });
  await says(altered(MODEL, only("out.stage2", flat)), /'out\.stage2' is \[\d+\]; expected/);
  await says(altered(TRAJECTORY, only("state10.exp_avg.stage1.stage1_1.bias", gone)), /state10\.exp_avg\.stage1/);
});

test("--dump writes our own numbers under the fixture's names", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nsrm-"));
  try {
    const gpu = await testGpu();
    for (const [path, some] of [
      [MODEL, ["out.stage3", "out.conf_maps", "grad.vgg19.backbone.21.bias", "loss"]],
      [TRAJECTORY, ["state10.grad.stage5.Mconv4.conv.weight", "state10.next.stage1.stage1_2.bias", "loss"]],
    ] as const) {
      const to = join(folder, "ours.safetensors");
      const report = await verify(gpu, readSafetensors(path), to);
      const [ours, theirs] = [readSafetensors(to), readSafetensors(path)];
      for (const name of some) assert.ok(ours.has(name), `${name} is in the dump`);
      for (const name of ours.names.filter((n) => theirs.has(n))) {
        assert.equal(ours.shape(name), theirs.shape(name), name);
        const want = theirs.f32(name);
        const scale = want.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        const limit = name.includes("grad.") ? 2e-3 * scale : name.includes(".next.") ? 2e-3 : 1e-5 * scale;
        assert.ok(
          ours.f32(name).every((v, i) => Math.abs(v - want[i]) <= limit),
          name,
        );
      }
      assert.is(ours.shape("loss")[0], report.checks.filter((c) => /^loss \d+$/.test(c.name)).length);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

for (const name of ["model_tiny_ldm_g1_6_6x6", "model_small_lpm_g1_6_he", "trajectory_tiny_lpm_g1_6"]) {
  test(`the full fixture ${name}`, async () => {
    const path = sharedFile(`golden/${name}.safetensors`);
    if (!path) return;
    const report = await verify(await testGpu(), readSafetensors(path));
    assert.ok(report.ok, formatReport(report));
  });
}

test.run();
