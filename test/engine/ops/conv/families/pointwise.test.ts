import { suite } from "uvu";
import { broadcastLanes } from "../../../../../engine/ops/conv/common/index";
import { checkConv, checkHalfConv, gpuPlan, hasHalf } from "../../../../helpers/conv";
import { testGpu } from "../../../../helpers/gpu";

const test = suite("pointwise convolutions");

test("with every tile, broadcast or not", async () => {
  const { adapter } = await testGpu();
  const [x, w] = [
    [2, 7, 3, 5],
    [19, 1, 1],
  ];
  const { dw } = gpuPlan(x, w, {});
  for (const [co, lanes] of [
    [8, 0],
    [32, broadcastLanes(adapter)],
  ]) {
    const pass = { family: "pointwise", lanes, workgroup: 32, co } as const;
    await checkConv([{ forward: pass, dx: pass, dw }], x, w, { relu: true });
  }
});

test("in float16 without broadcasts, as on a real GPU", async () => {
  if (!hasHalf((await testGpu()).adapter)) return;
  const [x, w] = [
    [2, 9, 7, 5],
    [11, 1, 1],
  ];
  await checkHalfConv([gpuPlan(x, w, {})], x, w, { relu: true });
});

test.run();
