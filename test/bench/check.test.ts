import { suite } from "uvu";
import * as assert from "uvu/assert";
import { convData, pattern } from "../../bench/contract/index";
import { chooseLayers, LAYER_SETS, layerCases } from "../../bench/kernels/index";
import { convReference } from "../../bench/kernels/reference";
import { benchConfig, demand, MismatchError, relativeError } from "../../bench/measure/index";
import { summariseProfile } from "../../bench/measure/profile";
import { permute, toHwio, toNchw, toNhwc, toOihw } from "../../bench/peers/tfjs/layout";
import { nd } from "../../engine/core/nd";
import { conv2dOp } from "../../engine/ops/conv2d";

const test = suite("bench checks");

test("errors are relative to the absmax, and NaN or another length is infinitely far", () => {
  assert.is(relativeError(Float32Array.of(1, -4), Float32Array.of(1, -3)), 0.25);
  assert.is(relativeError(Float32Array.of(0, 0), Float32Array.of(0, 0)), 0);
  assert.is(relativeError(Float32Array.of(1, 2), Float32Array.of(1, Number.NaN)), Number.POSITIVE_INFINITY);
  assert.is(relativeError(Float32Array.of(1, 2), Float32Array.of(Number.NaN, 9)), Number.POSITIVE_INFINITY);
  assert.is(relativeError(Float32Array.of(1, 2), Float32Array.of(1)), Number.POSITIVE_INFINITY);
});

test("a peer that computes other numbers is refused by name", () => {
  demand("tfjs", "the loss", 1e-5, 1e-4);
  const refused = (error: number) => {
    assert.throws(
      () => demand("tfjs", "the loss", error, 1e-4),
      (e: Error) => e instanceof MismatchError && /tfjs differs from us in the loss/.test(e.message),
    );
  };
  refused(2e-4);
  refused(Number.NaN);
});

test("layouts go there and back", () => {
  assert.equal([...permute(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0])], [1, 4, 2, 5, 3, 6]);
  const x = pattern(2 * 3 * 4 * 5, 1);
  assert.equal(toNchw(toNhwc(x, [2, 3, 4, 5]), [2, 4, 5, 3]), x);
  assert.equal(toOihw(toHwio(x, [2, 3, 4, 5]), [4, 5, 3, 2]), x);
  assert.is(toNhwc(x, [2, 3, 4, 5])[1], x[20], "second value is the second channel's first pixel");
});

test("pattern spreads over [-1, 1) and depends on its seed", () => {
  const a = pattern(10000, 1);
  const mean = a.reduce((s, v) => s + v, 0) / a.length;
  assert.ok(Math.abs(mean) < 0.03);
  assert.ok(a.every((v) => v >= -1 && v <= 1));
  assert.not.equal(a.slice(0, 8), pattern(8, 2));
});

test("the full network's layer shapes, each once, 52 convolutions of 102.7 GMAC in all", () => {
  const cases = layerCases(benchConfig("configs/LPM_G1_6.json", LAYER_SETS, []));
  const forward = cases.filter((c) => c.op === "conv" && c.pass === "forward");
  assert.is(
    forward.reduce((sum, c) => sum + c.layers, 0),
    52,
  );
  const macs = forward.reduce((sum, c) => sum + (c.layers * c.flops) / 2, 0);
  assert.ok(Math.abs(macs / 1e9 - 102.7) < 0.1, `${macs}`);
  assert.is(new Set(cases.map((c) => `${c.op} ${c.name} ${c.pass}`)).size, cases.length);
  const names = chooseLayers(cases, "7x7 128-128").map((c) => `${c.name} ${c.pass}`);
  assert.equal(names, ["7x7 128-128 @46 forward", "7x7 128-128 @46 dx", "7x7 128-128 @46 dw"]);
  const [adam] = chooseLayers(cases, "adam");
  assert.is(adam.name, "36613396 values");
});

test("sampled elements of a convolution are those of the op's own reference", () => {
  const shape = { op: "conv", name: "", batch: 2, ci: 3, co: 2, kernel: 3, size: 5 } as const;
  for (const pass of ["forward", "dx", "dw"] as const) {
    const c = { ...shape, pass };
    const data = convData(c);
    const { x, w, b, gy } = data;
    const inputs = ([x, w, b] as const).map((v, i) => nd([data.shapes.x, data.shapes.w, data.shapes.b][i], v));
    const loss = () => {
      const y = conv2dOp.reference(inputs, { padding: 1 });
      return y.data.reduce((sum, v, i) => sum + v * gy[i], 0);
    };
    for (const { at, value } of convReference(c, data, 5)) {
      if (pass === "forward") {
        assert.ok(Math.abs(conv2dOp.reference(inputs, { padding: 1 }).data[at] - value) < 1e-9);
        continue;
      }
      // The loss is linear in each input, so a difference quotient is its gradient but for rounding.
      const values = inputs[pass === "dx" ? 0 : 1].data;
      const before = loss();
      values[at] += 1;
      assert.ok(Math.abs(loss() - before - value) < 1e-9, `${pass} ${at}`);
      values[at] -= 1;
    }
  }
});

test("a profile adds up by phase and by kernel, dearest first", () => {
  const profile = summariseProfile([
    { kernel: "a", phase: "forward", ms: 1 },
    { kernel: "b", phase: "backward", ms: 5 },
    { kernel: "a", phase: "backward", ms: 2 },
  ]);
  assert.is(profile.gpu_ms, 8);
  assert.equal(profile.phases, { forward: 1, backward: 7, optimizer: 0 });
  assert.equal(profile.kernels, [
    { name: "b", ms: 5, dispatches: 1 },
    { name: "a", ms: 3, dispatches: 2 },
  ]);
});

test.run();
