import { suite } from "uvu";
import * as assert from "uvu/assert";
import { broadcastLanes } from "../../../../../engine/ops/conv/common/index";
import { convExample, convOnGpu } from "../../../../helpers/conv";
import { testGpu } from "../../../../helpers/gpu";

const test = suite("the sliding window");

test("two rows an invocation give the bits of one row", async () => {
  const { adapter } = await testGpu();
  const one = broadcastLanes(adapter) ? "slideBroadcast" : "slidePlain";
  const cases: [x: number[], w: number[], attrs: { padding: number | [number, number]; relu?: boolean }][] = [
    [[1, 17, 12, 12], [16, 7, 7], { padding: 3, relu: true }],
    [[2, 7, 5, 6], [33, 7, 7], { padding: 3 }],
    [[1, 3, 37, 41], [5, 3, 3], { padding: 1, relu: true }],
    [[2, 3, 1, 9], [5, 3, 3], { padding: 1 }],
    [[1, 2, 9, 17], [9, 5, 3], { padding: [2, 1], relu: true }],
  ];
  for (const [x, w, attrs] of cases) {
    const { inputs, gy } = convExample(x, w, attrs);
    const two = await convOnGpu(inputs, gy, { ...attrs, variant: "slideRows" });
    const single = await convOnGpu(inputs, gy, { ...attrs, variant: one });
    for (const k of ["y", "dx"] as const) assert.equal(two[k], single[k], `${k} of x [${x}] w [${w}]`);
  }
});

test.run();
