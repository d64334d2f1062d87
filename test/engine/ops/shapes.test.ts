import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ShapeError } from "../../../engine/errors/errors";
import { concat, conv2d, joinWithMargin, pad, reshape, stack, sum, transpose } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("shapes");

const refused = (message: RegExp) => (e: unknown) => e instanceof ShapeError && message.test(e.message);

test("a size of -1 is what is left", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const x = gpu.zeros([2, 3, 4]);
    assert.equal([...reshape(x, [-1, 4]).shape], [6, 4]);
    assert.equal([...reshape(x, [2, -1]).shape], [2, 12]);
    assert.equal([...reshape(x, [-1]).shape], [24]);
    assert.equal([...reshape(gpu.zeros([0, 4]), [-1, 2]).shape], [0, 2]);
    assert.throws(() => reshape(x, [-1, 5]), refused(/^reshape: sizes differ/));
    assert.throws(() => reshape(x, [-1, -1, 4]), refused(/^reshape: one size at most is -1/));
    assert.throws(() => reshape(x, [-4, -6]), refused(/^reshape: no such shape/));
    assert.throws(() => reshape(gpu.zeros([0, 4]), [-1, 0]), refused(/^reshape: any size would do for -1/));
  });
});

test("axes from the end", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]);
    const turned = transpose(x, [0, -1, -2]);
    assert.equal([...turned.shape], [1, 3, 2]);
    assert.equal([...(await turned.data())], [1, 4, 2, 5, 3, 6]);
    assert.throws(() => transpose(x, [0, 1, -2]), refused(/is no order of the axes/));
    assert.equal([...sum(x, -1).shape], [1, 2]);
  });
});

test("tensors are stacked along a new axis", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const [a, b] = [gpu.tensor([1, 2, 3], [3]), gpu.tensor([4, 5, 6], [3])];
    a.requiresGrad = true;
    assert.equal([...stack([a, b]).shape], [2, 3]);
    const y = stack([a, b], -1);
    assert.equal([...y.shape], [3, 2]);
    assert.equal([...(await y.data())], [1, 4, 2, 5, 3, 6]);
    y.backward(gpu.tensor([1, 2, 3, 4, 5, 6], [3, 2]));
    assert.equal([...(await a.grad!.data())], [1, 3, 5]);
    a.grad!.dispose();
    assert.throws(() => stack([a, b], 2), refused(/^stack: no axis 2/));
    assert.throws(() => stack([a, gpu.zeros([2])]), refused(/^concat: sizes differ/));
  });
});

test("nothing joined is refused in plain words", () => {
  assert.throws(() => concat([], 0), refused(/^concat: takes one tensor at least/));
  assert.throws(() => stack([]), refused(/takes one tensor at least/));
  assert.throws(() => joinWithMargin([], 1), refused(/^concat: takes one tensor at least/));
});

test("padding by any constant", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor([1, 2], [1, 2]);
    const around = [
      [0, 1],
      [2, 0],
    ] as const;
    const y = pad(x, around, Number.NEGATIVE_INFINITY);
    const none = Number.NEGATIVE_INFINITY;
    assert.equal([...(await y.data())], [none, none, 1, 2, none, none, none, none]);
    assert.throws(() => pad(x, [[1, 1]]), refused(/^pad: takes \[before, after\] for each of 2 axes.*not \[\[1,1\]\]/));
  });
});

test("a batch of no images through a convolution: no result, gradients of zeros", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const shapes = [[0, 2, 8, 8], [3, 2, 3, 3], [3]];
    const leaves = shapes.map((shape) => gpu.zeros(shape));
    for (const x of leaves) x.requiresGrad = true;
    const y = conv2d(leaves[0], leaves[1], leaves[2], { padding: 1, relu: true });
    assert.equal([...y.shape], [0, 3, 8, 8]);
    sum(y).backward();
    for (const x of leaves) {
      assert.equal([...(await x.grad!.data())], new Array(x.size).fill(0));
      x.grad!.dispose();
    }
  });
});

test.run();
