import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkpoint } from "../../../engine/core/checkpoint";
import { Parameters } from "../../../engine/core/parameters";
import { sizeOf, type Tensor } from "../../../engine/core/tensor";
import type { Dtype } from "../../../engine/device/dtype";
import type { ConvVariantName } from "../../../engine/ops/conv/families/index";
import { passesOf } from "../../../engine/ops/conv/plan";
import { cast, conv2d, maxPool2d, sumMse } from "../../../engine/ops/index";
import { Adam } from "../../../engine/optim/adam";
import { geometry, variantNames } from "../../helpers/conv";
import { testGpu } from "../../helpers/gpu";
import { numbers } from "../../helpers/tiny";

// Whole trajectories of a small network under Adam: they show what single steps hide, a value that a captured step froze say.
const test = suite("50 steps");

interface How {
  /** Kernels of those convolutions that they can do. The adapter's own choice by default. */
  variant?: ConvVariantName;
  dtype?: Dtype;
  replayed?: boolean;
  /** Activations are computed once more on the way back. */
  checkpointed?: boolean;
}

const LAYERS = { first: [5, 3, 3, 3], wide: [3, 5, 7, 7], last: [2, 3, 1, 1] } as const;
const IMAGES = [3, 3, 6, 10];
const TARGETS = [3, 2, 3, 5];

/** The losses, and the parameters in the end. */
async function fiftySteps({ variant, dtype = "f32", replayed = false, checkpointed = false }: How) {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const parameters = new Parameters(
    gpu,
    Object.entries(LAYERS).flatMap(([name, shape]) => [
      { name: `${name}.weight`, shape },
      { name: `${name}.bias`, shape: [shape[0]] },
    ]),
  );
  for (const [i, { name, shape }] of parameters.specs.entries()) {
    const bound = 1 / Math.sqrt(sizeOf(shape.slice(1)) + 1);
    parameters.load(name, numbers(sizeOf(shape), i + 1, -bound, bound));
  }
  const adam = new Adam(parameters, { lossScale: dtype === "f16" ? { initial: 256 } : null });
  const [images, targets, loss] = [IMAGES, TARGETS, []].map((shape) => gpu.zeros(shape).keep());

  const conv = (x: Tensor, name: keyof typeof LAYERS, relu: boolean) => {
    const k = LAYERS[name][2];
    const [w, b] = [parameters.get(`${name}.weight`), parameters.get(`${name}.bias`)];
    const attrs = { padding: (k - 1) / 2, relu };
    const can = variant && passesOf(variant, geometry(x.shape, [LAYERS[name][0], k, k], attrs), gpu.adapter);
    return conv2d(x, w, b, { ...attrs, ...(can && { variant }) });
  };
  const part = checkpointed
    ? checkpoint
    : (inputs: readonly Tensor[], run: (x: readonly Tensor[]) => Tensor) => run(inputs);
  const body = () => {
    parameters.zeroGrad();
    gpu.scope(() => {
      const features = part([cast(images, dtype)], ([x]) => maxPool2d(conv(x, "first", true), { kernel: 2 }));
      const maps = part([features], ([x]) => conv(conv(x, "wide", true), "last", false));
      const total = sumMse(cast(maps, "f32"), targets, 3);
      gpu.copy(total, loss);
      gpu.tape.backward(total, adam.seed ?? undefined);
    });
    adam.update(loss);
  };

  const captured = replayed ? gpu.capture(body) : null;
  const losses: number[] = [];
  for (let step = 0; step < 50; step++) {
    gpu.write(images, numbers(sizeOf(IMAGES), 1 + (step % 4), -1));
    gpu.write(targets, numbers(sizeOf(TARGETS), 5 + (step % 4)));
    adam.prepare(step < 30 ? 1e-2 : 5e-3);
    if (captured) captured.replay();
    else body();
    losses.push(await loss.item());
  }
  assert.ok((await adam.report()).ok);
  const values = [...(await parameters.readArena(parameters.values)).values()].flatMap((v) => [...v]);
  for (const it of [images, targets, loss, adam, parameters]) it.dispose();
  assert.equal([gpu.pool.liveBytes, gpu.tape.length], [before, 0]);
  return { losses, values };
}

for (const dtype of ["f32", "f16"] as const) {
  const off = { f32: 5e-6, f16: 0.01 }[dtype];
  test(`in ${dtype}: replayed and checkpointed steps are equal bit for bit, every kernel's within rounding`, async () => {
    const { adapter } = await testGpu();
    if (dtype === "f16" && !adapter.f16) {
      console.log("    skipped: this adapter has no float16");
      return;
    }
    const eager = await fiftySteps({ dtype });
    assert.ok(eager.losses[49] < eager.losses[1] / 2, "it learns");
    for (const how of [{ replayed: true }, { replayed: true, checkpointed: true }]) {
      assert.equal(await fiftySteps({ dtype, ...how }), eager, JSON.stringify(how));
    }
    const { losses: want } = dtype === "f32" ? eager : await fiftySteps({});
    for (const variant of variantNames) {
      const { losses } = await fiftySteps({ dtype, variant, replayed: true });
      const worst = Math.max(...losses.map((loss, i) => Math.abs(loss / want[i] - 1)));
      assert.ok(worst < off, `${variant}: a loss is off by ${worst.toExponential(2)}`);
    }
  });
}

test.run();
