import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../engine/errors/errors";
import { compareMasks, renderMaskSet } from "../../masks/compare";
import { encodeHands } from "../../masks/encode";
import { HAND } from "../../masks/hand";
import type { LimbOptions, MapSize } from "../../masks/options";
import { limbPlan } from "../../masks/plan";
import { confidenceMaps, limbMaps } from "../../masks/reference";
import { renderTargets } from "../../masks/render";
import { defineSkeleton, groupsOf, groupsOfChannels, partOf, type Skeleton } from "../../masks/skeleton";
import { testGpu } from "../helpers/gpu";
import { KITE } from "../helpers/kite";
import { numbers } from "../helpers/tiny";

const test = suite("skeletons");

const SIZE: MapSize = { height: 13, width: 22 };
/** Labels on and around the map; in each the last two joints are in one place. */
function labelsOf({ joints }: Skeleton, hands: number): Float64Array {
  const coordinates = 2 * joints.length;
  const labels = Float64Array.from(numbers(hands * coordinates, 7, -3, 24));
  for (let n = 1; n <= hands; n++) labels.copyWithin(n * coordinates - 2, n * coordinates - 4, n * coordinates - 2);
  return labels;
}

async function draw(skeleton: Skeleton, labels: Float64Array, options: LimbOptions) {
  const gpu = await testGpu();
  return gpu.scopeAsync(async () => {
    const batch = labels.length / (2 * skeleton.joints.length);
    const heat = gpu.empty([batch, skeleton.joints.length, SIZE.height, SIZE.width]);
    const limb = gpu.empty([batch, groupsOf(skeleton, options.grouping).length, SIZE.height, SIZE.width]);
    renderTargets(gpu, skeleton, labels, { heat, limb }, options);
    return { heat: await heat.data(), limb: await limb.data() };
  });
}

function worst(got: Float32Array, want: Float64Array): number {
  assert.is(got.length, want.length);
  return got.reduce((most, g, i) => Math.max(most, Math.abs(g - want[i])), 0);
}

test("five joints and groups of their own: GPU and reference draw the same", async () => {
  const labels = labelsOf(KITE, 3);
  for (const kind of ["LDM", "LPM"] as const) {
    for (const grouping of ["wings", "EACH"]) {
      for (const quirks of [
        {},
        { lpmEndCap: "round", zeroLengthLimb: "skip", sigma: 1.6, ldmHalfWidth: 2.2 },
      ] as const) {
        const options: LimbOptions = { kind, grouping, ...quirks };
        const { heat, limb } = await draw(KITE, labels, options);
        const want = limbMaps(KITE, labels, SIZE, options);
        assert.ok(worst(limb, want) <= (kind === "LDM" ? 0 : 1e-6), `${JSON.stringify(options)}: ${worst(limb, want)}`);
        assert.ok(worst(heat, confidenceMaps(labels, SIZE, options.sigma)) < 1e-6);
        assert.ok(want.some((v) => v > 0.5) && want.some((v) => v < 0.5), "something is drawn, and not everywhere");
      }
    }
  }
});

test("comparing goes by the skeleton's own groups and limbs", async () => {
  const labels = labelsOf(KITE, 2);
  const scene = { skeleton: KITE, labels, size: SIZE };
  const drawn = await renderMaskSet(await testGpu(), scene);
  const want = {
    heat: confidenceMaps(labels, SIZE),
    lpm_g7: limbMaps(KITE, labels, SIZE, { kind: "LPM", grouping: "wings" }),
    ldm_g7: limbMaps(KITE, labels, SIZE, { kind: "LDM", grouping: "wings" }),
  };
  for (const { differing, largest } of compareMasks(scene, want, drawn)) {
    assert.is(differing, 0);
    assert.ok(largest < 1e-5);
  }
  // A limb from just beside a pixel: there float32 could read it either way, which is told by the limb's own name.
  const beside = Float64Array.of(10 + 3e-6, 5.3, 60, 60, 17.4, 5.3, 60, 80, 60, 90);
  const exact = { skeleton: KITE, labels: beside, size: SIZE };
  const maps = { heat: [], lpm_g7: [], ldm_g7: limbMaps(KITE, beside, SIZE, { kind: "LDM", grouping: "wings" }) };
  const other = maps.ldm_g7.slice();
  const pixel = (1 * SIZE.height + 5) * SIZE.width + 10;
  other[pixel] = 1 - other[pixel];
  const [, , ldm] = compareMasks(exact, maps, { ...maps, ldm_g7: other });
  assert.equal(
    ldm.undecidable.map(({ channel, limb, x, y }) => [channel, limb, x, y]),
    [["left side", "left to heart", 10, 5]],
  );
});

test("a hand is drawn along its fingers, and equal to the last bit where its limbs are read from a table", async () => {
  for (const grouping of ["G1", "G6", "G1_6", "EACH"]) assert.is(limbPlan(HAND, grouping).chain, 4, grouping);
  // The same limbs and channels, but groups that the kernel has no way of its own for.
  const turned: Skeleton = {
    ...HAND,
    groupings: { ...HAND.groupings, table: HAND.groupings.G1_6.map((g) => ({ ...g, limbs: g.limbs.toReversed() })) },
  };
  assert.is(limbPlan(turned, "table").chain, 0);
  const labels = labelsOf(HAND, 2);
  for (const kind of ["LDM", "LPM"] as const) {
    const [along, table] = [
      await draw(HAND, labels, { kind, grouping: "G1_6" }),
      await draw(turned, labels, { kind, grouping: "table" }),
    ];
    assert.equal(table, along);
  }
});

test("any chains of one length are drawn along them: two fingers of three limbs", async () => {
  const joints = ["root", "a1", "a2", "a3", "b1", "b2", "b3"];
  const limbs = [
    ["root", "a1"],
    ["a1", "a2"],
    ["a2", "a3"],
    ["root", "b1"],
    ["b1", "b2"],
    ["b2", "b3"],
  ] as const;
  const claw = defineSkeleton({
    name: "claw",
    joints,
    limbs,
    root: "root",
    landmark: "a3",
    parts: [{ name: "all", joints }],
    partKind: "part",
    groupings: {
      fingers: [
        { name: "all", limbs: [0, 1, 2, 3, 4, 5] },
        { name: "a", limbs: [1, 2] },
        { name: "b", limbs: [4, 5] },
        { name: "palm", limbs: [0, 3] },
      ],
    },
    pictured: "fingers",
  });
  assert.is(limbPlan(claw, "fingers").chain, 3);
  const labels = labelsOf(claw, 2);
  for (const kind of ["LDM", "LPM"] as const) {
    const options = { kind, grouping: "fingers" } as const;
    const difference = worst((await draw(claw, labels, options)).limb, limbMaps(claw, labels, SIZE, options));
    assert.ok(difference <= (kind === "LDM" ? 0 : 1e-6), `${kind}: ${difference}`);
  }
  assert.is(limbPlan(KITE, "EACH").chain, 0);
});

test("the hand: joints, limbs, parts and partners as the paper numbers them", () => {
  assert.is(HAND.joints.length, 21);
  assert.equal([HAND.joints[0].name, HAND.joints[1].name, HAND.joints[20].name], ["wrist", "thumb CMC", "little tip"]);
  assert.equal([HAND.root, HAND.joints[HAND.landmark].name], [0, "index tip"]);
  assert.equal(
    HAND.limbs.map(({ from, to }) => `${from}-${to}`).join(" "),
    "0-1 1-2 2-3 3-4 0-5 5-6 6-7 7-8 0-9 9-10 10-11 11-12 0-13 13-14 14-15 15-16 0-17 17-18 18-19 19-20",
  );
  assert.is(HAND.limbs[4].name, "wrist to index MCP");
  assert.equal(
    HAND.parts.map(({ name, joints }) => `${name} ${joints.join()}`),
    ["wrist 0", "thumb 1,2,3,4", "index 5,6,7,8", "middle 9,10,11,12", "ring 13,14,15,16", "little 17,18,19,20"],
  );
  assert.ok(HAND.joints.every(({ mirror }, j) => mirror === j));
  assert.equal([partOf(HAND, 0), partOf(HAND, 7), partOf(HAND, 20)], [0, 2, 5]);
  assert.equal(
    [1, 6, 7, 20].map((n) => groupsOfChannels(HAND, n)?.length),
    [1, 6, 7, 20],
  );
  assert.is(groupsOfChannels(HAND, 3), null);
});

test("partners in the mirror are each other's", () => {
  assert.equal(
    KITE.joints.map(({ mirror }) => KITE.joints[mirror].name),
    ["right", "nose", "heart", "left", "tail"],
  );
});

test("what does not fit together is refused by name", () => {
  const base = {
    name: "stick",
    joints: ["a", "b"],
    limbs: [["a", "b"]],
    root: "a",
    landmark: "b",
    parts: [{ name: "all", joints: ["a", "b"] }],
    partKind: "part",
    groupings: {},
    pictured: "EACH",
  } as const;
  assert.is(defineSkeleton(base).groupings.EACH.length, 1);
  for (const [changes, message] of [
    [{ joints: ["a", "a"] }, /stick: two of its joints have one name/],
    [{ root: "c" }, /no joint "c"/],
    [{ limbs: [["a", "x"]] }, /no joint "x"/],
    [{ mirrored: [["a", "a"]] }, /two partners in the mirror/],
    [{ groupings: { G: [{ name: "g", limbs: [1] }] } }, /G has a limb that is not there/],
    [{ pictured: "G" }, /no grouping "G"/],
    [{ parts: [{ name: "all", joints: ["a"] }] }, /not every joint once/],
    [
      {
        parts: [
          { name: "b", joints: ["b"] },
          { name: "a", joints: ["a"] },
        ],
      },
      /first part is not the root's/,
    ],
  ] as const) {
    assert.throws(() => defineSkeleton({ ...base, ...(changes as object) }), message);
  }
  assert.throws(() => groupsOf(KITE, "G1"), /kite: no grouping G1; it has wings, EACH/);
  assert.throws(
    () => encodeHands(KITE, new Float64Array(12), SIZE),
    (e: unknown) => e instanceof UserError && /12 numbers do not make a kite's 5 x 2 each/.test(e.message),
  );
  assert.throws(
    () => encodeHands(KITE, new Float64Array(10).fill(Number.NaN, 6, 8), SIZE),
    (e: unknown) => e instanceof UserError && /hand 0, joint 3 \(right\)/.test(e.message),
  );
});

test.run();
