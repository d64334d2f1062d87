import { inspect } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ShapeError } from "../../../engine/errors/errors";
import { relu } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("values");

test("numbers of any kind are uploaded as their values; words as they are", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const shared = new Float32Array(new SharedArrayBuffer(12));
    shared.set([1, 2, 3]);
    const list = [1, 2, 3];
    const kinds = [
      list,
      shared,
      ...[Float32Array, Float64Array, Uint8Array, Int16Array, Uint32Array, Int32Array].map((of) => of.from(list)),
      BigInt64Array.from([1n, 2n, 3n]),
      { length: 3, 0: 1, 1: 2, 2: 3 },
    ];
    for (const data of kinds) {
      assert.equal([...(await gpu.tensor(data as number[], [3]).data())], list, data.constructor.name);
      const t = gpu.zeros([3]);
      gpu.write(t, data as number[]);
      assert.equal([...(await t.data())], list, `${data.constructor.name}, written`);
    }
    const words = await gpu.words(Uint32Array.from([1, 0x3f800000]), [2]).data();
    assert.equal([...new Uint32Array(words.buffer)], [1, 0x3f800000]);
    assert.throws(() => gpu.words(Uint32Array.from(list), [2]), /words: 3 words/);
  });
});

test("lists of lists have their own shape; what is ragged or no number is refused", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const t = gpu.tensor([
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]);
    assert.equal(
      [t.shape, [...(await t.data())]],
      [
        [1, 3, 2],
        [1, 2, 3, 4, 5, 6],
      ],
    );
    assert.equal([gpu.tensor(3).shape, gpu.tensor([]).shape, gpu.tensor([true, false]).shape], [[], [0], [2]]);
    assert.equal(gpu.tensor([Float32Array.of(1, 2), Float32Array.of(3, 4)]).shape, [2, 2]);
    assert.equal(
      gpu.tensor(
        [
          [1, 2],
          [3, 4],
        ],
        [4],
      ).shape,
      [4],
    );
    const refused = (of: new (...args: never[]) => Error, what: RegExp) => (e: Error) =>
      e instanceof of && what.test(e.message);
    assert.throws(
      () => gpu.tensor([[1, 2], [3]]),
      refused(ShapeError, /rows differ: expected 2 along axis 1, found 1/),
    );
    assert.throws(() => gpu.tensor([[1], 2]), refused(ShapeError, /found a single value/));
    assert.throws(() => gpu.tensor([1, 2], [3]), refused(ShapeError, /tensor: 2 values/));
    assert.throws(() => gpu.tensor(["1"] as unknown as number[]), refused(TypeError, /value 0 is "1", not a number/));
    assert.throws(() => gpu.write(t, [1, undefined] as number[]), refused(TypeError, /write: value 1 is undefined/));
    assert.throws(() => gpu.tensor(new DataView(new ArrayBuffer(4)) as never), refused(TypeError, /DataView/));
  });
});

test("a tensor is shown in one line, with the values that are known of it", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor([1, 2.5, 1 / 3], [3]);
    assert.is(inspect(x), "Tensor [3] f32: 1, 2.5, 0.333333");
    x.requiresGrad = true;
    const y = relu(x);
    assert.is(`${y}`, "Tensor [3] f32 by relu with gradient, values on the GPU: await data()");
    await y.data();
    assert.is(inspect({ y }), "{ y: Tensor [3] f32 by relu with gradient: 1, 2.5, 0.333333 }");
    gpu.clear(y);
    assert.match(inspect(y), /await data/, "no value that is no longer there");
    y.dispose();
    assert.match(inspect(y), /, released$/);
    assert.match(inspect(gpu.zeros([9, 9])), /await data/);
    assert.is(
      inspect(gpu.tensor(Float32Array.from({ length: 7 }, (_, i) => i))),
      "Tensor [7] f32: 0, 1, 2, 3, 4, 5, ...",
    );
    assert.match(inspect(gpu), /^Gpu .*MiB live of .*MiB$/);
  });
});

test.run();
