import { isDeepStrictEqual } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { choicesOf, tune } from "../../bench/variants/index";
import { convGeometry } from "../../engine/ops/conv/common/index";
import { choicesFor } from "../../engine/ops/conv/plan";
import { geometryOf } from "../../engine/ops/conv/tuning";

import { loadConfig } from "../../train/config/load";
import { testGpu } from "../helpers/gpu";

const test = suite("tune");

test("measures every pass of a shape and keeps the fastest", async () => {
  const gpu = await testGpu();
  const { config } = loadConfig("configs/LPM_G1.json", ["width=0.125", "image_size=32", "batch_size=1"]);
  const live = gpu.pool.liveBytes;
  const tuned = await tune({ gpu, config, layers: "1x1 16-16", rounds: 1 });
  assert.equal(
    tuned.map(({ pass }) => pass),
    ["forward", "dx", "dw"],
  );
  for (const { pass, key, ms, heuristicMs, wrong, choice, cost } of tuned) {
    assert.ok(ms > 0 && ms <= heuristicMs);
    assert.is(wrong, 0);
    assert.is(cost, null, "it multiplies as much as the formula asks for");
    const choices = choicesFor(pass, geometryOf(key)!, gpu.adapter);
    assert.ok(choices.some((each) => isDeepStrictEqual(each, choice)));
  }
  const { forward, dx, dw } = choicesOf(tuned);
  assert.equal(
    [forward, dx, dw].map((choices) => Object.keys(choices).length),
    [1, 1, 1],
  );
  assert.is(gpu.pool.liveBytes, live, "it leaves nothing on the GPU");
});

test("candidates: workgroup memory only on a real GPU, direct only where nothing slides, Winograd's by the kernel", () => {
  const families = (pass: "forward" | "dw", stride: number, kind: "gpu" | "lavapipe", kernel = 3) => {
    const shapes = [
      [1, 64, 9, 9],
      [64, 64, kernel, kernel],
    ];
    const g = convGeometry(shapes, { padding: (kernel - 1) / 2, stride });
    return new Set(choicesFor(pass, g, { kind, subgroups: true, subgroupSize: 8 }).map((p) => p.family));
  };
  for (const pass of ["forward", "dw"] as const) {
    for (const stride of [1, 2]) {
      assert.not(families(pass, stride, "lavapipe").has("tiled"));
      assert.ok(families(pass, stride, "gpu").has("tiled"));
      for (const kind of ["gpu", "lavapipe"] as const) {
        assert.is(families(pass, stride, kind).has("slide"), stride === 1);
        assert.is(families(pass, stride, kind).has("direct"), stride === 2);
      }
    }
  }
  for (const kind of ["gpu", "lavapipe"] as const) {
    assert.is(families("forward", 1, kind).has("winograd"), true);
    assert.is(families("forward", 1, kind, 7).has("winograd"), false);
    assert.is(families("forward", 2, kind).has("winograd"), false);
    assert.is(families("dw", 1, kind).has("winograd"), false);
  }
  assert.is(families("forward", 1, "lavapipe", 7).has("winogradRows"), true);
  assert.is(families("forward", 1, "lavapipe").has("winogradRows"), false);
});

test.run();
