import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { withMargin } from "../../../engine/core/layout";
import { mapNd, nd, ramp } from "../../../engine/core/nd";
import { sizeOf } from "../../../engine/core/tensor";
import { ShapeError } from "../../../engine/errors/errors";
import { addInto, fill, reshape } from "../../../engine/ops/index";
import { inMemory, laidOut, scoped, spoil, values, withZeros } from "../../helpers/layouts";

// Tensors whose images do not lie one after another in memory: whoever reads or writes them sees the same values.
const test = suite("images");

const SHAPE = [2, 3, 5, 6] as const;
const empty = (gpu: Gpu, margin: number, shape: readonly number[] = SHAPE) =>
  gpu.empty(shape, "f32", withMargin(shape[2], shape[3], margin));

test("what is written is read back, with zeros around it in memory", () =>
  scoped(async (gpu) => {
    spoil(gpu, empty(gpu, 2).bytes);
    const x = ramp(SHAPE);
    const t = empty(gpu, 2);
    gpu.write(t, x.data);
    assert.equal([...t.shape], [...SHAPE]);
    assert.is(t.size, sizeOf(SHAPE));
    assert.is(t.bytes, 4 * 2 * 3 * 9 * 12);
    assert.match(String(t), `Tensor [2, 3, 5, 6] f32: ${x.data[0].toPrecision(6).replace(/0+$/, "")}`);
    assert.equal(await values(t), [...x.data]);
    assert.equal([...(await inMemory(t))], withZeros(x, 2));
    assert.throws(
      () => gpu.write(t, new Float32Array(t.extent)),
      (e: unknown) => e instanceof ShapeError,
    );
    gpu.clear(t);
    assert.equal([...(await inMemory(t))], withZeros(nd(SHAPE), 2));
    const one = empty(gpu, 1, [1, 1, 1, 1]);
    gpu.write(one, [7]);
    assert.is(await one.item(), 7);
  }));

test("float16 images are read back too", () =>
  scoped(async (gpu) => {
    if (!gpu.adapter.f16) return console.log("    skipped: this adapter has no float16");
    const x = mapNd(ramp(SHAPE), (v) => Math.round(v * 64) / 64);
    assert.equal(await values(laidOut(gpu, x, 1, "f16")), [...x.data]);
  }));

test("values are copied between any two layouts, and between shapes", () =>
  scoped(async (gpu) => {
    const x = ramp(SHAPE);
    const other = [3, 2, 6, 5];
    for (const from of [0, 1, 3]) {
      for (const to of [0, 1, 2]) {
        for (const shape of [SHAPE, other]) {
          spoil(gpu, empty(gpu, to, shape).bytes, 2);
          const copy = empty(gpu, to, shape);
          gpu.copy(laidOut(gpu, x, from), copy);
          const got = [...(await inMemory(copy))];
          assert.equal(got, withZeros(nd(shape, x.data), to), `from ${from} to ${to} as [${shape}]`);
        }
      }
    }
    const flat = gpu.empty([sizeOf(SHAPE)]);
    gpu.copy(laidOut(gpu, x, 1), flat);
    assert.equal(await values(flat), [...x.data]);
  }));

test("another handle lies as the first does; another shape has none", () =>
  scoped(async (gpu) => {
    const x = ramp(SHAPE);
    const t = laidOut(gpu, x, 1);
    for (const same of [gpu.track(t.view()), gpu.track(t.alias()), t.detach(), gpu.track(t.view([...SHAPE]))]) {
      assert.equal(await values(same), [...x.data]);
    }
    assert.throws(
      () => t.view([6, 5, 6]),
      (e: unknown) => e instanceof ShapeError && /not contiguous/.test(e.message),
    );
    assert.equal(await values(reshape(t, [6, -1])), [...x.data]);
  }));

test("zeros stay around what is filled and added to", () =>
  scoped(async (gpu) => {
    const [x, y] = [ramp(SHAPE), ramp(SHAPE, -1, 1, 3)];
    const total = mapNd(x, (v, i) => Math.fround(v + y.data[i]));
    for (const [to, from] of [
      [1, 1],
      [1, 0],
      [0, 2],
      [1, 3],
    ]) {
      const t = laidOut(gpu, x, to);
      addInto(t, laidOut(gpu, y, from));
      assert.equal([...(await inMemory(t))], withZeros(total, to), `${from} into ${to}`);
    }
    const t = laidOut(gpu, x, 1);
    fill(t, 3);
    assert.equal(
      [...(await inMemory(t))],
      withZeros(
        mapNd(x, () => 3),
        1,
      ),
    );
  }));

test.run();
