import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asOneRow, convGeometry } from "../../../../engine/ops/conv/common/index";
import type { ConvVariantName } from "../../../../engine/ops/conv/families/index";
import { type ConvPlan, pickConvPlan } from "../../../../engine/ops/conv/plan";
import { anyGpu, variantsFor } from "../../../helpers/conv";

const test = suite("the plan of a convolution");

const families = (plan: ConvPlan) => [plan.forward.family, plan.dx.family, plan.dw.family];

/** The convolutions of NSRM at an eighth of its width on 96x96 images: [ci, co, map, kernel]. */
const nsrm: [ci: number, co: number, map: number, k: number][] = [
  [3, 8, 96, 3],
  [8, 8, 96, 3],
  [8, 16, 48, 3],
  [16, 16, 48, 3],
  [16, 32, 24, 3],
  [32, 32, 24, 3],
  [32, 64, 12, 3],
  [64, 64, 12, 3],
  [64, 16, 12, 3],
  [16, 64, 12, 1],
  [64, 1, 12, 1],
  [17, 16, 12, 7],
  [38, 16, 12, 7],
  [16, 16, 12, 7],
  [16, 16, 12, 1],
  [16, 21, 12, 1],
  [16, 1, 12, 1],
];
const lavapipe = { kind: "lavapipe", subgroups: true, subgroupSize: 8 } as const;

test("the whole network shares few pipelines", () => {
  // At full width Winograd's transforms, which are quick to compile, come on top.
  for (const [scale, most] of [
    [1, 9],
    [8, 13],
  ]) {
    const keys = new Set<string>();
    for (const [ci, co, map, k] of nsrm) {
      const wide = (c: number) => (c % 8 === 0 ? c * scale : c);
      const shapes = [
        [4, wide(ci), map * 4, map * 4],
        [wide(co), wide(ci), k, k],
      ];
      const g = asOneRow(convGeometry(shapes, { padding: (k - 1) / 2 }));
      const v = pickConvPlan(g, lavapipe);
      for (const p of [v.forward, v.dx]) {
        if (p.family === "slide") keys.add(`slide ${k} ${p.co} ${p.px}`);
        else if (p.family === "winograd")
          for (const step of ["weights", "input", "output"]) keys.add(`winograd ${step}`);
        else if (p.family === "winogradRows")
          for (const step of ["weights", "input", `product ${p.product.co}`, "output"]) keys.add(`rows ${step}`);
        else keys.add(p.family);
      }
      keys.add(`dw ${k}`);
    }
    assert.ok(keys.size <= most, [...keys].join(", "));
  }
});

test("broadcasts only where it is right, direct where the window does not slide", () => {
  const g = convGeometry(
    [
      [1, 8, 9, 9],
      [8, 8, 3, 3],
    ],
    { padding: 1 },
  );
  const lanes = (adapter: Parameters<typeof pickConvPlan>[1]) => {
    const { forward, dx, dw } = pickConvPlan(g, adapter);
    return [forward, dx, dw].map((p) => (p.family === "slide" ? p.lanes : p.family));
  };
  assert.equal(lanes(lavapipe), [8, 8, 8]);
  assert.equal(lanes({ kind: "swiftshader", subgroups: true, subgroupSize: 4 }), [4, 4, 4]);
  assert.equal(lanes({ ...lavapipe, subgroupSize: 0 }), [0, 0, 0]); // the size varies
  assert.equal(lanes({ ...lavapipe, subgroups: false, subgroupSize: 0 }), [0, 0, 0]);
  assert.equal(lanes(anyGpu), [0, 0, 0]);
  const directly = ["direct", "direct", "direct"];
  assert.equal(families(pickConvPlan({ ...g, strideX: 2 }, lavapipe)), directly);
  assert.equal(families(pickConvPlan({ ...g, dilationY: 2 }, lavapipe)), directly);
  assert.equal(families(pickConvPlan({ ...g, kw: 13 }, lavapipe)), directly);
  assert.throws(() => pickConvPlan({ ...g, strideX: 2 }, lavapipe, "slidePlain"), /cannot compute/);
  assert.throws(() => pickConvPlan(g, { ...lavapipe, subgroupSize: 0 }, "slideBroadcast"), /cannot compute/);
});

test("large layers on a real GPU go through workgroup memory, narrow ones do not", () => {
  const plan = (n: number, c: number, map: number) => {
    const shapes = [
      [n, c, map, map],
      [c, c, 3, 3],
    ];
    return pickConvPlan(convGeometry(shapes, { padding: 1 }), anyGpu);
  };
  assert.equal(families(plan(8, 256, 92)), ["tiled", "tiled", "tiled"]);
  assert.equal(plan(8, 256, 92).forward, { family: "tiled", tile: 128 });
  assert.equal(plan(1, 512, 46).forward, { family: "tiled", tile: 64 });
  assert.equal(plan(8, 64, 92).dx, { family: "tiled", tile: 64 });
  assert.equal(families(plan(8, 21, 92)), ["slide", "slide", "slide"]);
});

test("Winograd on software drivers, where channels and tiles are enough for it", () => {
  const swiftshader = { kind: "swiftshader", subgroups: true, subgroupSize: 4 } as const;
  const chosen = (n: number, c: number, map: number, adapter: Parameters<typeof pickConvPlan>[1] = lavapipe) => {
    const shapes = [
      [n, c, map, map],
      [c, c, 3, 3],
    ];
    return families(pickConvPlan(convGeometry(shapes, { padding: 1 }), adapter)).join();
  };
  assert.is(chosen(1, 256, 92), "winograd,winograd,slide");
  assert.is(chosen(4, 64, 24), "winograd,winograd,slide");
  assert.is(chosen(4, 64, 12), "slide,slide,slide");
  assert.is(chosen(4, 64, 12, swiftshader), "winograd,winograd,slide");
  assert.is(chosen(4, 32, 96), "slide,slide,slide");
  assert.is(chosen(1, 1024, 92), "slide,slide,slide", "weights too large for one binding");
  const g = convGeometry(
    [
      [1, 8, 9, 9],
      [8, 8, 5, 5],
    ],
    { padding: 2 },
  );
  assert.throws(() => pickConvPlan(g, lavapipe, "winograd4"), /cannot compute/);
});

test("two rows an invocation on SwiftShader, for wide kernels over more than one row", () => {
  const swiftshader = { kind: "swiftshader", subgroups: true, subgroupSize: 4 } as const;
  const rows = (k: number, height: number, adapter: Parameters<typeof pickConvPlan>[1]) => {
    const shapes = [
      [2, 16, height, 12],
      [16, 16, k, k],
    ];
    const { forward, dx } = pickConvPlan(convGeometry(shapes, { padding: (k - 1) / 2 }), adapter);
    return [forward, dx].map((p) => (p.family === "slide" ? p.rows : p.family));
  };
  assert.equal(rows(7, 12, swiftshader), [2, 2]);
  assert.equal(rows(7, 1, swiftshader), [1, 1]);
  assert.equal(rows(3, 12, swiftshader), [1, 1]);
  assert.equal(rows(7, 12, lavapipe), [1, 1]);
});

test("Winograd along rows on software drivers, where channels and whole tiles are enough for it", () => {
  const swiftshader = { kind: "swiftshader", subgroups: true, subgroupSize: 4 } as const;
  const plan = (c: number, map: number, adapter: Parameters<typeof pickConvPlan>[1] = lavapipe) => {
    const shapes = [
      [1, c, map, map],
      [c, c, 7, 7],
    ];
    return pickConvPlan(convGeometry(shapes, { padding: 3 }), adapter);
  };
  assert.equal(families(plan(128, 46)), ["winogradRows", "winogradRows", "slide"]);
  assert.equal(families(plan(32, 12, swiftshader)), ["winogradRows", "winogradRows", "slide"]);
  assert.is(families(plan(16, 46)).join(), "slide,slide,slide");
  assert.is(families(plan(128, 6)).join(), "slide,slide,slide", "most of a row's tiles would be past its end");
  assert.is(families(plan(128, 46, anyGpu)).join(), "tiled,tiled,tiled");
  assert.throws(() => plan3x3("winogradRows"), /cannot compute/);
});

const plan3x3 = (variant: ConvVariantName) => {
  const shapes = [
    [1, 64, 46, 46],
    [64, 64, 3, 3],
  ];
  return pickConvPlan(convGeometry(shapes, { padding: 1 }), lavapipe, variant);
};

test("every share of the rows has a row", () => {
  for (const [n, oh] of [
    [1, 1],
    [1, 9],
    [3, 5],
    [4, 96],
    [32, 368],
  ]) {
    for (const co of [1, 8, 17, 128]) {
      const g = convGeometry(
        [
          [n, 3, oh, 9],
          [co, 3, 3, 3],
        ],
        { padding: 1 },
      );
      for (const adapter of [lavapipe, anyGpu]) {
        const every = variantsFor(adapter, [n, 3, oh, 9], [co, 3, 3], { padding: 1 }).map(
          (variant) => pickConvPlan(g, adapter, variant).dw,
        );
        const summed = every.flatMap((dw) => ("splits" in dw ? [dw] : []));
        assert.ok(summed.length > 1);
        for (const { family, splits } of summed) {
          const total = family === "slide" ? n * oh : n * oh * 9;
          const share = Math.ceil(total / splits);
          assert.ok(splits >= 1 && (splits - 1) * share < total, `${family}: ${splits} shares of ${total}`);
        }
      }
    }
  }
});

test.run();
