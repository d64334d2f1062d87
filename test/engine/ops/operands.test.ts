import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../../engine/core/tensor";
import { add, div, maximum, minimum, mul, neg, pow, scale, sub, sum, where } from "../../../engine/ops/index";
import type { Operand } from "../../../engine/ops/operands";
import { testGpu } from "../../helpers/gpu";

const test = suite("numbers as operands");
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const OPS: Record<string, (a: Operand, b: Operand) => Tensor> = { add, sub, mul, div, maximum, minimum, pow };
const VALUES = [-inf, -2, -1e-3, -0, 0, 0.1, 1 / 3, 1, 2, 1e30, inf, nan];

const bits = (values: Float32Array): string[] =>
  [...new Uint32Array(values.buffer)].map((b, i) => (Number.isNaN(values[i]) ? "NaN" : b.toString(16)));

test("a number has the same bits as a tensor [] of it, on either side", async () => {
  const gpu = await testGpu();
  for (const [name, op] of Object.entries(OPS)) {
    for (const number of [2, -1, 0.1, 0, -0, 3, inf]) {
      await gpu.scopeAsync(async () => {
        const x = gpu.tensor(VALUES, [VALUES.length]);
        const same = gpu.tensor([number], []);
        assert.equal(bits(await op(x, number).data()), bits(await op(x, same).data()), `${name}(x, ${number})`);
        assert.equal(bits(await op(number, x).data()), bits(await op(same, x).data()), `${name}(${number}, x)`);
      });
    }
  }
});

test("a product's zeros keep their sign", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor([0, -0, 1, -1], [4]);
    assert.equal([...(await neg(x).data())], [-0, 0, -1, 1]);
    assert.equal([...(await scale(x, 0).data())], [0, -0, 0, -0]);
  });
});

test("gradients", async () => {
  const gpu = await testGpu();
  const gradient = (f: (x: Tensor) => Tensor) =>
    gpu.scopeAsync(async () => {
      const x = gpu.tensor([1, 2, 4], [3]);
      x.requiresGrad = true;
      sum(f(x)).backward();
      const values = [...(await x.grad!.data())];
      x.grad!.dispose();
      return values;
    });
  assert.equal(await gradient((x) => add(2, x)), [1, 1, 1]);
  assert.equal(await gradient((x) => sub(2, x)), [-1, -1, -1]);
  assert.equal(await gradient((x) => mul(x, 3)), [3, 3, 3]);
  assert.equal(await gradient((x) => div(1, x)), [-1, -0.25, -0.0625]);
  assert.equal(await gradient((x) => div(x, 4)), [0.25, 0.25, 0.25]);
  assert.equal(await gradient((x) => maximum(x, 2)), [0, 0.5, 1]);
  assert.equal(await gradient((x) => minimum(2, x)), [1, 0.5, 0]);
  assert.equal(await gradient((x) => pow(x, 2)), [2, 4, 8]);
  assert.equal(await gradient((x) => where(sub(x, 2), x, 0)), [1, 0, 1]);
  assert.equal(await gradient((x) => where(x, 3, mul(x, x))), [0, 0, 0]);
});

test("two numbers are refused, and what is neither a tensor nor a number", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const x = gpu.zeros([2]);
    for (const [name, op] of Object.entries(OPS)) {
      assert.throws(() => op(2, 3), new RegExp(`^${name}: one of its operands at least is a tensor$`));
      for (const none of [undefined, null, "2", {}]) {
        assert.throws(() => op(x, none as never), new RegExp(`^${name}: `), `${name}(x, ${none})`);
        assert.throws(() => op(none as never, x), new RegExp(`^${name}: `), `${name}(${none}, x)`);
      }
    }
  });
});

test("numbers can be captured, and leave nothing behind outside of a scope", async () => {
  const gpu = await testGpu();
  const before = gpu.memory.live;
  const [x, y] = [gpu.tensor([1, 2, 4], [3]), gpu.zeros([3])];
  const captured = gpu.capture(() => gpu.copy(add(div(1, x), pow(2, sub(x, 1))), y));
  for (const values of [
    [1, 2, 4],
    [8, 1, 3],
  ]) {
    gpu.write(x, values);
    captured.replay();
    assert.equal(
      [...(await y.data())],
      values.map((v) => Math.fround(Math.fround(1 / v) + 2 ** (v - 1))),
    );
  }
  const quotient = div(1, x);
  for (const t of [quotient, x, y]) t.dispose();
  assert.is(gpu.memory.live, before);
});

test.run();
