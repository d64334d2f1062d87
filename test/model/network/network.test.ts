import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sizeOf } from "../../../engine/core/tensor";
import { readSafetensors } from "../../../model/files/safetensors";
import { Network, type NetworkSpec, networkParameters } from "../../../model/network/network";
import { FULL_WIDTHS, scaleWidths } from "../../../model/network/widths";
import { testGpu } from "../../helpers/gpu";
import { sharedFile } from "../../helpers/shared";
import { numbers, TINY, tinySpec } from "../../helpers/tiny";

const test = suite("network");

const count = (spec: NetworkSpec) => networkParameters(spec).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Names and shapes of the original's state dict, as a fixture holds them in `init.*`. */
function original(path: string): string[] {
  const file = readSafetensors(path);
  return file.names
    .filter((name) => name.startsWith("init."))
    .map((name) => `${name.slice(5)} [${file.shape(name)}]`)
    .sort();
}

const ours = (spec: NetworkSpec) =>
  networkParameters(spec)
    .map(({ name, shape }) => `${name} [${shape}]`)
    .sort();

test("names and shapes are the original's, with seven limb channels", () => {
  assert.equal(ours(tinySpec(7)), original("test/golden/model.safetensors"));
});

test("names and shapes are the original's, with one limb channel", () => {
  const path = sharedFile("golden/model_tiny_lpm_g1.safetensors");
  if (path) assert.equal(ours(tinySpec(1)), original(path));
});

test("the full network has the original's number of parameters", () => {
  assert.is(count({ architecture: "NSRM", widths: FULL_WIDTHS, limbChannels: 7, keypointChannels: 21 }), 36_613_396);
});

test("CPM: six keypoint stages, each on the features and the stage before", () => {
  const shapes = new Map(networkParameters(tinySpec(7, "CPM")).map(({ name, shape }) => [name, shape]));
  const { feat, stage, hid } = TINY;
  assert.equal(shapes.get("stage1.stage1_1.weight"), [hid, feat, 1, 1]);
  assert.equal(shapes.get("stage1.stage1_2.weight"), [21, hid, 1, 1]);
  for (const n of [2, 3, 4, 5, 6]) {
    assert.equal(shapes.get(`stage${n}.Mconv1.conv.weight`), [stage, feat + 21, 7, 7]);
    assert.equal(shapes.get(`stage${n}.Mconv7.weight`), [21, stage, 1, 1]);
  }
  // The backbone and the number of layers are NSRM's.
  assert.equal(
    [...shapes.keys()],
    networkParameters(tinySpec(7)).map((p) => p.name),
  );
});

test("NSRM: who reads whom", async () => {
  const shapes = new Map(networkParameters(tinySpec(7)).map(({ name, shape }) => [name, shape[1]]));
  const inputs = [2, 3, 4, 5, 6].map((n) => shapes.get(`stage${n}.Mconv1.conv.weight`));
  assert.equal(inputs, [5 + 7, 5 + 7, 5 + 7, 5 + 7 + 21, 5 + 7 + 21]);
});

test("any image size divisible by 8, any batch", async () => {
  const gpu = await testGpu();
  const live = gpu.pool.liveBytes;
  for (const architecture of ["NSRM", "CPM"] as const) {
    const network = new Network(gpu, tinySpec(7, architecture));
    for (const [b, h, w] of [
      [3, 24, 40],
      [1, 8, 8],
      [2, 72, 56],
    ]) {
      gpu.tape.noGrad(() =>
        gpu.scope(() => {
          const { features, limbs, heatmaps } = network.forward(gpu.zeros([b, 3, h, w]));
          assert.equal([...features.shape], [b, 5, h / 8, w / 8]);
          const limb = [b, 7, h / 8, w / 8];
          const heat = [b, 21, h / 8, w / 8];
          const wanted =
            architecture === "NSRM"
              ? [
                  [limb, limb, limb],
                  [heat, heat, heat],
                ]
              : [[], Array(6).fill(heat)];
          assert.equal([limbs.map((t) => [...t.shape]), heatmaps.map((t) => [...t.shape])], wanted);
        }),
      );
    }
    network.dispose();
  }
  assert.is(gpu.pool.liveBytes, live);
});

test("an image's result does not depend on what else is in its batch", async () => {
  const gpu = await testGpu();
  const network = new Network(gpu, tinySpec(7));
  for (const [i, { name, shape }] of network.parameters.specs.entries()) {
    network.parameters.load(name, numbers(sizeOf(shape), i + 1, -0.4, 0.4));
  }
  const size = 3 * 24 * 24;
  const pixels = numbers(3 * size, 77, -1, 1);
  const run = (data: Float32Array, n: number) =>
    gpu.tape
      .noGradAsync(() =>
        gpu.scopeAsync(async () => {
          const { limbs, heatmaps } = network.forward(gpu.tensor(data, [n, 3, 24, 24]));
          return [...limbs, ...heatmaps].map((t) => t.data());
        }),
      )
      .then((all) => Promise.all(all));
  const together = await run(pixels, 3);
  for (const n of [0, 1, 2]) {
    const alone = await run(pixels.slice(n * size, (n + 1) * size), 1);
    for (const [k, maps] of alone.entries()) {
      const part = together[k].subarray(n * maps.length, (n + 1) * maps.length);
      const absmax = maps.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      assert.ok(absmax > 0);
      assert.ok(maps.every((v, i) => Math.abs(v - part[i]) <= 2e-6 * absmax));
    }
  }
  network.dispose();
});

test("widths scale together and are set singly", () => {
  assert.equal(scaleWidths(1), FULL_WIDTHS);
  assert.equal(scaleWidths(0.125), { vgg: [8, 16, 32, 64], feat: 16, stage: 16, hid: 64 });
  assert.equal(scaleWidths(0.001), { vgg: [1, 1, 1, 1], feat: 1, stage: 1, hid: 1 });
  assert.equal(scaleWidths(0.125, { feat: 9, vgg: [1, 2, 3, 4] }), { vgg: [1, 2, 3, 4], feat: 9, stage: 16, hid: 64 });
  assert.equal(scaleWidths(0.3).vgg, [19, 38, 77, 154]);
});

test.run();
