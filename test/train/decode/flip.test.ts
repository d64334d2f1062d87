import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../../engine/core/tensor";
import { matmul } from "../../../engine/ops/index";
import { HAND } from "../../../masks/hand";
import { Network } from "../../../model/network/network";
import { flippedHeatmaps } from "../../../train/decode/flip";
import { testGpu } from "../../helpers/gpu";
import { KITE } from "../../helpers/kite";
import { numbers, tinySpec } from "../../helpers/tiny";

const test = suite("flip");
const SIDE = 32;
const CELLS = SIDE / 8;

/**
 * A "network" that sees what it should without learning: cell (x, y) of its maps is pixel (8x, 8y), as labels are
 * scaled. What it says of an image and of its mirror image agrees exactly, if both are laid over each other right.
 */
async function sampler() {
  const gpu = await testGpu();
  const inputs: Tensor[] = [];
  const forward = (image: Tensor) => {
    inputs.push(image.view());
    const columns = new Float32Array(SIDE * CELLS);
    for (let k = 0; k < CELLS; k++) columns[8 * k * CELLS + k] = 1;
    const rows = new Float32Array(CELLS * SIDE);
    for (let k = 0; k < CELLS; k++) rows[k * SIDE + 8 * k] = 1;
    const maps = matmul(gpu.tensor(rows, [CELLS, SIDE]), matmul(image, gpu.tensor(columns, [SIDE, CELLS])));
    return { features: image, limbs: [], heatmaps: [maps] };
  };
  return { gpu, inputs, network: { gpu, forward } as unknown as Network };
}

test("maps of the mirror image fall on the image's own cells", async () => {
  const { gpu, inputs, network } = await sampler();
  const pixels = numbers(2 * 3 * SIDE * SIDE, 1);
  const maps = await gpu.tape.noGradAsync(() =>
    gpu.scopeAsync(() => flippedHeatmaps(network, HAND, gpu.tensor(pixels, [2, 3, SIDE, SIDE])).data()),
  );
  const want = Float32Array.from({ length: 2 * 3 * CELLS * CELLS }, (_, i) => {
    const [plane, y, x] = [Math.floor(i / CELLS ** 2), Math.floor(i / CELLS) % CELLS, i % CELLS];
    return pixels[(plane * SIDE + 8 * y) * SIDE + 8 * x];
  });
  assert.equal(maps, want);

  const mirrored = await inputs[1].data();
  for (let row = 0; row < 6 * SIDE; row++) {
    const own = pixels.subarray(row * SIDE, (row + 1) * SIDE);
    const want = Float32Array.from(own, (_, x) => own[Math.min(SIDE - x, SIDE - 1)]);
    assert.equal(mirrored.subarray(row * SIDE, (row + 1) * SIDE), want);
  }
  for (const input of inputs) input.dispose();
});

test("a network that knows its left from its right: the mean of both, the first column its own", async () => {
  const gpu = await testGpu();
  const network = new Network(gpu, tinySpec(1));
  for (const { name, shape } of network.parameters.specs) {
    const size = shape.reduce((a, b) => a * b, 1);
    network.parameters.load(name, numbers(size, name.length, -0.3, 0.4));
  }
  const pixels = numbers(3 * SIDE * SIDE, 2, -2, 2);
  const mirrored = pixels.map((_, i) => {
    const x = i % SIDE;
    return pixels[i - x + Math.min(SIDE - x, SIDE - 1)];
  });
  const live = gpu.pool.liveBytes;
  const [own, other, mean] = await gpu.tape.noGradAsync(() =>
    gpu.scopeAsync(() => {
      const run = (p: Float32Array) =>
        network
          .forward(gpu.tensor(p, [1, 3, SIDE, SIDE]))
          .heatmaps.at(-1)!
          .data();
      return Promise.all([
        run(pixels),
        run(mirrored),
        flippedHeatmaps(network, HAND, gpu.tensor(pixels, [1, 3, SIDE, SIDE])).data(),
      ]);
    }),
  );
  assert.is(gpu.pool.liveBytes, live);
  let differ = 0;
  for (let i = 0; i < mean.length; i++) {
    const x = i % CELLS;
    const want = x === 0 ? own[i] : (own[i] + other[i - x + CELLS - x]) / 2;
    assert.ok(Math.abs(mean[i] - want) <= 1e-6 * Math.max(1, Math.abs(want)), `${i}: ${mean[i]}, expected ${want}`);
    if (Math.abs(mean[i] - own[i]) > 1e-4) differ++;
  }
  assert.ok(differ > 100, `${differ} cells differ`);
  network.dispose();
});

test("joints that change places in the mirror: a network that tells left from right by the picture's sides", async () => {
  // What it says of the mirror image is exactly what it says of the image, mirrored, with left and right exchanged.
  const gpu = await testGpu();
  const joints = KITE.joints.length;
  const pixels = numbers(joints * CELLS * CELLS, 3);
  const inMirror = Float32Array.from(pixels, (_, i) => {
    const [channel, y, x] = [Math.floor(i / CELLS ** 2), Math.floor(i / CELLS) % CELLS, i % CELLS];
    const [from, column] = [KITE.joints[channel].mirror, x === 0 ? 0 : CELLS - x];
    return pixels[(from * CELLS + y) * CELLS + column];
  });
  const said = [pixels, inMirror];
  const forward = () => {
    const maps = gpu.tensor(said.shift()!, [1, joints, CELLS, CELLS]);
    return { features: maps, limbs: [], heatmaps: [maps] };
  };
  const network = { gpu, forward } as unknown as Network;
  const maps = await gpu.tape.noGradAsync(() =>
    gpu.scopeAsync(() => flippedHeatmaps(network, KITE, gpu.zeros([1, 3, SIDE, SIDE])).data()),
  );
  assert.equal(maps, pixels);
});

test.run();
