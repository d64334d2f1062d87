import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { ramp } from "../../../engine/core/nd";
import type { Shape, Tensor } from "../../../engine/core/tensor";
import { add, mul, square, sum } from "../../../engine/ops/index";
import { AdamW } from "../../../engine/optim/adamw";
import { Sgd, type SgdOptions } from "../../../engine/optim/sgd";
import { testGpu } from "../../helpers/gpu";
import { assertClose } from "../../helpers/ops";

const test = suite("optimizers of plain tensors");
const SHAPES: Shape[] = [[7], [], [3, 5]];

interface Optimizer {
  lr: number;
  step(): void;
  zeroGrad(): void;
  dispose(): void;
}

/** Leaves of odd sizes and the values they begin with. */
function leaves(gpu: Gpu): { tensors: Tensor[]; values: number[][] } {
  const values = SHAPES.map((shape, i) => [...ramp(shape, -1, 1, i).data]);
  return { tensors: SHAPES.map((shape, i) => gpu.tensor(values[i], shape).keep()), values };
}

/** Gradient of tensor `i` in a step: its loss is the sum of these times its values. */
const gradientAt = (step: number, i: number): number[] => [...ramp(SHAPES[i], -1, 1, 10 * step + i).data];

/** Five steps of an optimizer beside the same in float64, the learning rate halved after three. */
async function fiveSteps(
  make: (t: Tensor[]) => Optimizer,
  reference: (p: number[], g: number[], lr: number, i: number) => void,
) {
  const gpu = await testGpu();
  const before = gpu.memory.live;
  const { tensors, values } = leaves(gpu);
  const optimizer = make(tensors);
  for (let step = 0; step < 5; step++) {
    if (step === 3) optimizer.lr /= 2;
    gpu.scope(() => {
      optimizer.zeroGrad();
      const terms = tensors.map((t, i) => sum(mul(t, gpu.tensor(gradientAt(step, i), SHAPES[i]))));
      terms.reduce((a, b) => add(a, b)).backward();
      optimizer.step();
    });
    for (const [i, p] of values.entries()) reference(p, gradientAt(step, i), optimizer.lr, i);
    for (const [i, t] of tensors.entries()) assertClose(await t.data(), values[i], 2e-6, `tensor ${i}, step ${step}`);
  }
  optimizer.dispose();
  assert.ok(tensors.every((t) => t.grad === null));
  for (const t of tensors) t.dispose();
  assert.is(gpu.memory.live, before);
}

test("Sgd: five steps are the formula's, in each of its forms", async () => {
  const forms: Omit<SgdOptions, "lr">[] = [
    {},
    { weightDecay: 0.1 },
    { momentum: 0.9 },
    { momentum: 0.9, nesterov: true, weightDecay: 0.05 },
  ];
  for (const form of forms) {
    const { momentum = 0, nesterov, weightDecay = 0 } = form;
    const v: number[][] = SHAPES.map(() => []);
    await fiveSteps(
      (tensors) => new Sgd(tensors, { lr: 0.1, ...form }),
      (p, gradient, lr, i) => {
        p.forEach((w, k) => {
          const g = gradient[k] + weightDecay * w;
          v[i][k] = momentum * (v[i][k] ?? 0) + g;
          p[k] = w - lr * (nesterov ? g + momentum * v[i][k] : v[i][k]);
        });
      },
    );
  }
});

test("AdamW: five steps are the formula's", async () => {
  for (const weightDecay of [0, 0.01, 0.5]) {
    const [m, v]: number[][][] = [SHAPES.map(() => []), SHAPES.map(() => [])];
    const t = SHAPES.map(() => 0);
    await fiveSteps(
      (tensors) => new AdamW(tensors, { lr: 0.1, beta1: 0.8, beta2: 0.95, eps: 1e-6, weightDecay }),
      (p, gradient, lr, i) => {
        t[i]++;
        p.forEach((w, k) => {
          m[i][k] = 0.8 * (m[i][k] ?? 0) + 0.2 * gradient[k];
          v[i][k] = 0.95 * (v[i][k] ?? 0) + 0.05 * gradient[k] ** 2;
          const [meanOf, squareOf] = [m[i][k] / (1 - 0.8 ** t[i]), v[i][k] / (1 - 0.95 ** t[i])];
          p[k] = w * (1 - lr * weightDecay) - (lr * meanOf) / (Math.sqrt(squareOf) + 1e-6);
        });
      },
    );
  }
});

test("a tensor that got no gradient is left out, and its steps are not counted, as in PyTorch", async () => {
  const gpu = await testGpu();
  for (const make of [
    (t: Tensor[]) => new Sgd(t, { lr: 0.5, momentum: 0.9, weightDecay: 0.1 }),
    (t: Tensor[]) => new AdamW(t, { lr: 0.5 }),
  ]) {
    await gpu.scopeAsync(async () => {
      const [a, b, twin] = [1, 2, 2].map((v) => gpu.tensor([v], [1]));
      const [both, alone] = [make([a, b]), make([twin])];
      const step = (optimizer: Optimizer, loss: () => Tensor) => {
        optimizer.zeroGrad();
        loss().backward();
        optimizer.step();
      };
      step(both, () => sum(square(a)));
      assert.equal([...(await b.data())], [2]);
      step(both, () => sum(square(b)));
      step(alone, () => sum(square(twin)));
      assert.equal(await b.data(), await twin.data());
      for (const optimizer of [both, alone]) optimizer.dispose();
    });
  }
});

test("captured and replayed, the bits are those of single steps, at a rate that changes", async () => {
  const gpu = await testGpu();
  for (const make of [
    (t: Tensor[]) => new Sgd(t, { lr: 0.1, momentum: 0.9 }),
    (t: Tensor[]) => new AdamW(t, { lr: 0.1 }),
  ]) {
    const run = (replayed: boolean) =>
      gpu.scopeAsync(async () => {
        const w = gpu.tensor([1, -2, 3], [3]);
        const optimizer = make([w]);
        const body = () => {
          optimizer.zeroGrad();
          sum(square(square(w))).backward();
          optimizer.update();
        };
        const captured = replayed ? gpu.capture(body) : null;
        for (let step = 0; step < 4; step++) {
          optimizer.lr = 0.1 / (step + 1);
          if (captured) {
            optimizer.prepare();
            captured.replay();
          } else {
            optimizer.zeroGrad();
            sum(square(square(w))).backward();
            optimizer.step();
          }
        }
        const values = [...(await w.data())];
        optimizer.dispose();
        return values;
      });
    assert.equal(await run(true), await run(false));
  }
});

test("gradients of several losses add up until zeroGrad", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const w = gpu.tensor([1], [1]);
    const sgd = new Sgd([w], { lr: 1 });
    for (let i = 0; i < 3; i++) sum(mul(w, 2)).backward();
    sgd.step();
    assert.equal([...(await w.data())], [-5]);
    sgd.dispose();
  });
});

test("what cannot be trained, and options that make no sense, are refused", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const w = gpu.zeros([2]);
    w.requiresGrad = true;
    const y = square(w);
    for (const [name, make] of [
      ["Sgd", (t: Tensor[]) => new Sgd(t, { lr: 1 })],
      ["AdamW", (t: Tensor[]) => new AdamW(t)],
    ] as const) {
      const refused = (tensors: unknown, why: RegExp) =>
        assert.throws(
          () => make(tensors as Tensor[]),
          (e: Error) => e.message.startsWith(`${name}: `) && why.test(e.message),
        );
      refused([], /a list of tensors, one at least/);
      refused(w, /a list of tensors/);
      refused([w, null], /item 1 is no tensor/);
      refused([w, y], /tensor 1, \[2\], was made by an op/);
      refused([w, w], /tensor 1, \[2\], is in the list twice/);
    }
    assert.throws(() => new Sgd([w], { lr: -1 }), /^Sgd: lr is a number, finite, 0 or more; not -1$/);
    assert.throws(() => new Sgd([w], {} as SgdOptions), /^Sgd: lr is a number.*not undefined$/);
    assert.throws(() => new Sgd([w], { lr: 1, nesterov: true }), /^Sgd: nesterov needs a momentum$/);
    assert.throws(() => new Sgd([w], { lr: 1, dampening: 0.1 } as SgdOptions), /^Sgd: no option 'dampening'/);
    assert.throws(() => new AdamW([w], { beta1: 1 }), /^AdamW: beta1 is a number, from 0 to below 1; not 1$/);
    const sgd = new Sgd([w], { lr: 1 });
    sgd.lr = Number.NaN;
    assert.throws(() => sgd.step(), /^Sgd: lr is a number/);
    sgd.dispose();
  });
});

test.run();
