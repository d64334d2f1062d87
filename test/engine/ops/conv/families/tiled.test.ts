import { suite } from "uvu";
import { checkConv, testedTiles } from "../../../../helpers/conv";
import { testGpu } from "../../../../helpers/gpu";

const test = suite("convolutions through workgroup memory");

test("with both tiles, more than a tile of channels, and shares that end inside a step of 8 pixels", async () => {
  for (const tile of testedTiles((await testGpu()).adapter)) {
    const pass = { family: "tiled", tile } as const;
    const variant = { forward: pass, dx: pass, dw: { ...pass, splits: 3 } };
    await checkConv([variant], [3, 67, 7, 5], [131, 3, 3], { padding: 1, relu: true });
  }
});

test.run();
