import { suite } from "uvu";
import * as assert from "uvu/assert";

import { choicesOf, tune } from "../../bench/variants/index";
import { convGeometry } from "../../engine/ops/conv/common/index";
import { choicesFor } from "../../engine/ops/conv/plan";

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
  for (const { ms, heuristicMs, wrong, choice, cost } of tuned) {
    assert.ok(ms > 0 && ms <= heuristicMs);
    assert.is(wrong, 0);
    assert.is(cost, null, "it multiplies as much as the formula asks for");
    assert.ok(choice.family === "slide" || choice.family === "pointwise");
  }
  const { forward, dx, dw } = choicesOf(tuned);
  assert.equal(
    [forward, dx, dw].map((choices) => Object.keys(choices).length),
    [1, 1, 1],
  );
  assert.is(gpu.pool.liveBytes, live, "it leaves nothing on the GPU");
});

test("candidates: workgroup memory only on a real GPU, direct only where nothing slides", () => {
  const families = (stride: number, kind: "gpu" | "lavapipe", kernel = 3) => {
    const shapes = [
      [1, 64, 9, 9],
      [64, 64, kernel, kernel],
    ];
    const g = convGeometry(shapes, { padding: (kernel - 1) / 2, stride });
    const adapter = { kind, subgroups: true, subgroupSize: 8 };
    return (["forward", "dw"] as const).map((pass) =>
      [...new Set(choicesFor(pass, g, adapter).map((p) => p.family))].sort().join(),
    );
  };
  assert.equal(families(1, "lavapipe"), ["slide,winograd", "slide"]);
  assert.equal(families(1, "lavapipe", 7), ["slide,winogradRows", "slide"]);
  assert.equal(families(2, "lavapipe"), ["direct", "direct"]);
  assert.equal(families(1, "gpu"), ["slide,tiled,winograd", "slide,tiled"]);
  assert.equal(families(2, "gpu"), ["direct,tiled", "direct,tiled"]);
});

test.run();
