import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { Parameters } from "../../../engine/core/parameters";
import { Adam, type AdamOptions } from "../../../engine/optim/adam";
import { readSafetensors } from "../../../model/files/safetensors";
import { testGpu } from "../../helpers/gpu";
import { sharedFile } from "../../helpers/shared";

const test = suite("adam");

interface Rig {
  gpu: Gpu;
  parameters: Parameters;
  adam: Adam;
  /** One update from these gradients, one list a parameter. */
  step(gradients: ArrayLike<number>[], lr: number, loss?: number): void;
}

/** Parameters `p0`, `p1`, ... of the given sizes (padding between them) and their optimizer. */
async function withAdam(sizes: number[], options: AdamOptions, body: (rig: Rig) => Promise<void>): Promise<void> {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const specs = sizes.map((size, i) => ({ name: `p${i}`, shape: [size] }));
  const parameters = new Parameters(gpu, specs);
  const adam = new Adam(parameters, options);
  const loss = gpu.empty([]);
  const step: Rig["step"] = (gradients, lr, value = 1) => {
    for (const [i, g] of gradients.entries()) gpu.write(parameters.slice(parameters.gradients, `p${i}`), g);
    gpu.write(loss, [value]);
    adam.step(lr, loss);
  };
  try {
    await body({ gpu, parameters, adam, step });
  } finally {
    for (const it of [loss, adam, parameters]) it.dispose();
  }
  assert.is(gpu.pool.liveBytes, before);
}

/** Everything the optimizer owns, by arena. */
async function state({ parameters }: Rig): Promise<number[][]> {
  const arenas = [parameters.values, parameters.moment1, parameters.moment2];
  const read = await Promise.all(arenas.map((arena) => parameters.readArena(arena)));
  return read.map((byName) => [...byName.values()].flatMap((v) => [...v]));
}

/** torch.optim.Adam in float64, one parameter list. */
class Reference {
  m: number[];
  v: number[];
  t = 0;
  constructor(
    readonly p: number[],
    readonly weightDecay = 0,
  ) {
    this.m = p.map(() => 0);
    this.v = p.map(() => 0);
  }
  step(gradients: number[], lr: number): void {
    this.t++;
    for (const [i, g0] of gradients.entries()) {
      const g = g0 + this.weightDecay * this.p[i];
      this.m[i] = 0.9 * this.m[i] + 0.1 * g;
      this.v[i] = 0.999 * this.v[i] + 0.001 * g * g;
      const denominator = Math.sqrt(this.v[i]) / Math.sqrt(1 - 0.999 ** this.t) + 1e-8;
      this.p[i] -= (lr / (1 - 0.9 ** this.t)) * (this.m[i] / denominator);
    }
  }
}

const wave = (size: number, seed: number) => Array.from({ length: size }, (_, i) => Math.sin(1 + i * 1.7 + seed * 2.3));

function assertWithin(got: readonly number[], want: readonly number[], tolerance: number, what: string): void {
  const scale = Math.max(...want.map(Math.abs));
  const worst = Math.max(...got.map((v, i) => Math.abs(v - want[i]))) / scale;
  assert.ok(worst <= tolerance, `${what}: ${worst.toExponential(2)} of the largest value exceeds ${tolerance}`);
}

/** @param path a file with `adam.p0` [n] and by step (12, the learning rate halved from the seventh) `adam.g p m v` [12, n] */
async function golden(path: string): Promise<void> {
  const file = readSafetensors(path);
  const [steps, n] = file.shape("adam.p");
  const rows = (name: string) => {
    const all = [...file.f32(`adam.${name}`)];
    return Array.from({ length: steps }, (_, i) => all.slice(i * n, (i + 1) * n));
  };
  const [g, p, m, v] = ["g", "p", "m", "v"].map(rows);
  await withAdam([n], {}, async (rig) => {
    rig.parameters.load("p0", file.f32("adam.p0"));
    for (let i = 0; i < steps; i++) {
      rig.step([g[i]], i < 6 ? 1e-4 : 5e-5);
      const [ours, m1, v1] = await state(rig);
      assertWithin(ours, p[i], 1e-7, `parameters after step ${i + 1}`);
      assertWithin(m1, m[i], 1e-7, `first moment after step ${i + 1}`);
      assertWithin(v1, v[i], 1e-7, `second moment after step ${i + 1}`);
    }
    assert.is(rig.adam.steps, steps);
  });
}

test("golden: twelve steps with a change of the learning rate", () => golden("test/golden/adam.safetensors"));

test("golden: the same from the full file", async () => {
  const path = sharedFile("golden/layers.safetensors");
  if (path) await golden(path);
});

test("weight decay is L2, as torch.optim.Adam has it", () =>
  withAdam([5], { weightDecay: 0.1 }, async (rig) => {
    const reference = new Reference(wave(5, 0), 0.1);
    rig.parameters.load("p0", Float32Array.from(reference.p));
    for (let i = 1; i <= 4; i++) {
      rig.step([wave(5, i)], 0.01);
      reference.step(wave(5, i), 0.01);
    }
    assertWithin((await state(rig))[0], reference.p, 1e-6, "parameters");
  }));

test("clipping is by the norm of all gradients together, and does nothing below the limit", () =>
  // No padding between or behind them, and more than the norm's first pass takes at a time: nothing may count twice.
  withAdam([8192, 64], { clipNorm: 0.5 }, async (rig) => {
    const reference = new Reference(wave(8256, 0));
    rig.parameters.load("p0", Float32Array.from(reference.p.slice(0, 8192)));
    rig.parameters.load("p1", Float32Array.from(reference.p.slice(8192)));
    for (const [i, size] of [1, 1e-4].entries()) {
      const g = wave(8256, i).map((v) => v * size);
      const norm = Math.hypot(...g);
      const clip = Math.min(1, 0.5 / (norm + 1e-6));
      rig.step([g.slice(0, 8192), g.slice(8192)], 0.01, 2 + i);
      reference.step(
        g.map((v) => v * clip),
        0.01,
      );
      const report = await rig.adam.report();
      assertWithin([report.gradNorm, report.clip], [norm, clip], 1e-6, "norm and factor");
      assert.is(i === 0, report.clip < 1);
      assert.is(report.loss, 2 + i);
    }
    assertWithin((await state(rig))[0], reference.p, 1e-6, "parameters");
  }));

test("frozen parameters stay, and do not count in the norm", () =>
  withAdam([3, 100, 4], {}, async (rig) => {
    rig.parameters.freeze(["p1"]);
    for (const [i, size] of [3, 100, 4].entries()) rig.parameters.load(`p${i}`, Float32Array.from(wave(size, i)));
    const [before] = await state(rig);
    rig.step([wave(3, 5), wave(100, 6), wave(4, 7)], 0.01);
    const [after, m] = await state(rig);
    assert.equal(after.slice(3, 103), before.slice(3, 103));
    assert.ok(m.slice(3, 103).every((v) => v === 0));
    assert.ok(after.every((v, i) => (v === before[i]) === (i >= 3 && i < 103)));
    const norm = Math.hypot(...wave(3, 5), ...wave(4, 7));
    assertWithin([(await rig.adam.report()).gradNorm], [norm], 1e-6, "norm");
  }));

test("a loss or a gradient that is not finite changes nothing, nor do the steps behind it", () =>
  withAdam([9, 300], {}, async (rig) => {
    rig.parameters.load("p0", Float32Array.from(wave(9, 0)));
    rig.parameters.load("p1", Float32Array.from(wave(300, 1)));
    rig.step([wave(9, 2), wave(300, 3)], 0.01);
    const before = await state(rig);
    const gradient = (at: number, value: number) => wave(300, 3).map((v, i) => (i === at ? value : v));
    for (const [g, loss] of [
      [gradient(299, Number.NaN), 1],
      [gradient(0, Number.POSITIVE_INFINITY), 1],
      [gradient(150, Number.NEGATIVE_INFINITY), 1],
      [wave(300, 3), Number.NaN],
      [wave(300, 3), Number.POSITIVE_INFINITY],
    ] as const) {
      rig.step([wave(9, 2), g], 0.01, loss);
      rig.step([wave(9, 2), wave(300, 3)], 0.01); // was already on its way
      assert.is((await rig.adam.report()).ok, false);
      assert.equal(await state(rig), before, "bit for bit");
      rig.adam.reset();
    }
    rig.step([wave(9, 2), wave(300, 3)], 0.01);
    assert.is((await rig.adam.report()).ok, true);
    assert.not.equal(await state(rig), before);
  }));

test("a loss scale is taken out again; a step that overflows is left out, in the bias corrections too", () =>
  withAdam([5, 300], { lossScale: { initial: 16, growAfter: 3 }, clipNorm: 3 }, async (rig) => {
    const reference = new Reference(wave(305, 0));
    rig.parameters.load("p0", Float32Array.from(reference.p.slice(0, 5)));
    rig.parameters.load("p1", Float32Array.from(reference.p.slice(5)));
    const scales: number[][] = [];
    for (const [i, overflows] of [true, false, false, true, false, false, false, false].entries()) {
      const [scale, good] = (await rig.adam.scaling())!;
      const g = wave(305, i);
      const clip = Math.min(1, 3 / (Math.hypot(...g) + 1e-6));
      const scaled = g.map((v, k) => (overflows && k === 150 ? Number.POSITIVE_INFINITY : v * scale));
      rig.step([scaled.slice(0, 5), scaled.slice(5)], 0.01);
      const report = await rig.adam.report();
      assert.equal([report.ok, report.scale], [true, scale]);
      scales.push([scale, good]);
      if (overflows) continue;
      assertWithin([report.gradNorm, report.clip], [Math.hypot(...g), clip], 1e-6, "norm and factor");
      reference.step(
        g.map((v) => v * clip),
        0.01,
      );
      assertWithin((await state(rig))[0], reference.p, 1e-6, `parameters after step ${i + 1}`);
    }
    assert.equal(scales.join(" "), "16,0 8,0 8,1 8,2 4,0 4,1 4,2 8,0");
    const [, , correction1, correction2] = (await rig.adam.scaling())!;
    assertWithin([correction1], [1 - 0.9 ** 6], 1e-6, "first correction");
    assertWithin([correction2], [1 - 0.999 ** 6], 1e-6, "second correction");
  }));

test("a loss scale grows to 2^24 and no further", () =>
  withAdam([3], { lossScale: { initial: 2 ** 23, growAfter: 1 } }, async (rig) => {
    const scales: number[] = [];
    for (let i = 0; i < 3; i++) {
      rig.step([[1, 2, 3]], 0.01);
      scales.push((await rig.adam.scaling())![0]);
    }
    assert.equal(scales, [2 ** 24, 2 ** 24, 2 ** 24]);
  }));

test("a loss scale does not excuse a loss that is not finite, nor gradients when it is 1", () =>
  withAdam([3], { lossScale: { initial: 2 } }, async (rig) => {
    rig.parameters.load("p0", Float32Array.from([1, 2, 3]));
    const before = await state(rig);
    const bad = [[1, Number.NaN, 1]];
    const verdicts: [boolean, number][] = [];
    for (const [g, loss] of [
      [bad, 1], // halves the scale
      [bad, 1], // at scale 1
      [[[1, 1, 1]], 1], // was already on its way
    ] as const) {
      rig.step(g as number[][], 0.01, loss);
      const { ok, scale } = await rig.adam.report();
      verdicts.push([ok, scale]);
    }
    assert.equal(verdicts, [
      [true, 2],
      [false, 1],
      [false, 1],
    ]);
    rig.adam.restart(0, null);
    rig.adam.reset();
    rig.step([[1, 1, 1]], 0.01, Number.NaN);
    assert.is((await rig.adam.report()).ok, false);
    assert.equal(await state(rig), before);
  }));

test("gradients so large that their squares overflow are finite all the same", () =>
  withAdam([3], {}, async (rig) => {
    rig.step([[1e30, -1e30, 1]], 0.01);
    const report = await rig.adam.report();
    assert.equal([report.ok, report.gradNorm], [true, Number.POSITIVE_INFINITY]);
  }));

test.run();
