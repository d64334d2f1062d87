import { suite } from "uvu";
import * as assert from "uvu/assert";
import { workspaceBytes } from "../../../../../engine/ops/conv/common/index";
import type { ConvVariantName } from "../../../../../engine/ops/conv/families/index";
import { pickConvPlan } from "../../../../../engine/ops/conv/plan";
import { checkConv, convExample, convOnGpu, geometry, testedTiles } from "../../../../helpers/conv";
import { testGpu } from "../../../../helpers/gpu";
import { assertClose } from "../../../../helpers/ops";

const test = suite("Winograd's convolutions");

test("products through workgroup memory, as on a real GPU, are right on this adapter too", async () => {
  const { adapter } = await testGpu();
  const [x, w, attrs] = [[2, 21, 9, 30], [67, 3, 3], { padding: 1 }];
  const { dw } = pickConvPlan(geometry(x, w, attrs), adapter, "slidePlain");
  for (const tile of testedTiles(adapter)) {
    const pass = { family: "winograd", tile: 4, product: { family: "tiled", tile } } as const;
    await checkConv([{ forward: pass, dx: pass, dw }], x, w, { ...attrs, relu: true });
  }
});

/** Holds a variant against the sliding window, which needs no workspace. */
async function checkShares(
  variant: ConvVariantName,
  x: number[],
  w: number[],
  attrs: { padding: number; relu: boolean },
) {
  const gpu = await testGpu();
  const { inputs, gy } = convExample(x, w, attrs);
  const got = await convOnGpu(inputs, gy, { ...attrs, variant });
  const want = await convOnGpu(inputs, gy, { ...attrs, variant: "slidePlain" });
  for (const k of ["y", "dx"] as const) assertClose(got[k], want[k], 2e-5, k);
  gpu.pool.trim();
}

test("tiles in shares, where all at once would need too large a workspace, give the same", async () => {
  const { adapter } = await testGpu();
  const x = [adapter.kind === "gpu" ? 8 : 1, 2, 370, 1270];
  const tiles = x[0] * Math.ceil(x[2] / 4) * Math.ceil(x[3] / 4);
  assert.ok(tiles * 4 * 36 * (x[1] + 2) > workspaceBytes(adapter), "more than one share");
  await checkShares("winograd4", x, [2, 3, 3], { padding: 1, relu: true });
});

test("along rows: images in shares give the same", async () => {
  const { adapter } = await testGpu();
  const x = [adapter.kind === "gpu" ? 240 : 30, 24, 20, 64];
  assert.ok(x[0] * 16 * 10 * 4 * 24 * (26 + 20) > workspaceBytes(adapter), "more than one share");
  await checkShares("winogradRows", x, [24, 7, 7], { padding: 3, relu: false });
});

test.run();
