import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ShapeError, UserError } from "../../engine/errors/errors";
import { encodeHands } from "../../masks/encode";
import { HAND } from "../../masks/hand";
import type { LimbOptions, MapSize } from "../../masks/options";
import { confidenceMaps, limbMaps } from "../../masks/reference";
import { renderTargets } from "../../masks/render";
import { groupsOf } from "../../masks/skeleton";
import { testGpu } from "../helpers/gpu";

const test = suite("masks on the GPU");

/** Labels spread over a map and a little around it; every hand has a limb of length zero. */
function someLabels(hands: number, { height, width }: MapSize, seed = 0): Float64Array {
  const labels = Float64Array.from({ length: hands * 42 }, (_, i) => {
    const t = (0.37 + (i + 1 + seed * 131) * 0.7548776662466927) % 1;
    return (t * 1.2 - 0.1) * (i % 2 === 0 ? width : height);
  });
  for (let hand = 0; hand < hands; hand++) labels.copyWithin(hand * 42 + 14, hand * 42 + 12, hand * 42 + 14);
  return labels;
}

async function draw(labels: Float64Array, { height, width }: MapSize, options: LimbOptions) {
  const gpu = await testGpu();
  return gpu.scopeAsync(async () => {
    const batch = labels.length / 42;
    const heat = gpu.empty([batch, 21, height, width]);
    const limb = gpu.empty([batch, groupsOf(HAND, options.grouping).length, height, width]);
    renderTargets(gpu, HAND, labels, { heat, limb }, options);
    return { heat: await heat.data(), limb: await limb.data() };
  });
}

/** The largest difference of a kernel's maps from the reference's; both are float32 at the end. */
function worst(got: Float32Array, want: Float64Array): number {
  assert.is(got.length, want.length);
  return want.reduce((most, w, i) => {
    const difference = Math.abs(got[i] - w);
    return difference <= most ? most : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }, 0);
}

/** One horizontal limb (wrist to index base) in a hand whose other joints are far off the map. */
function oneLimb(ax: number, ay: number, bx: number, by: number): Float64Array {
  const labels = new Float64Array(42);
  for (let joint = 0; joint < 21; joint++) labels.set([-900 - 7 * joint, -900 + joint], 2 * joint);
  labels.set([ax, ay], 0);
  labels.set([bx, by], 10);
  return labels;
}
const INDEX_BASE = 4; // the limb from wrist to index base

for (const [size, batch] of [
  [{ height: 5, width: 9 }, 1],
  [{ height: 33, width: 17 }, 3],
  [{ height: 1, width: 1 }, 2],
] as const) {
  test(`equals the reference: ${batch} of ${size.height}x${size.width}, every kind, grouping and option`, async () => {
    const labels = someLabels(batch, size, size.width);
    for (const kind of ["LDM", "LPM"] as const) {
      for (const grouping of ["G1", "G6", "G1_6", "EACH"] as const) {
        for (const quirks of [
          {},
          { lpmEndCap: "round", zeroLengthLimb: "skip", sigma: 1.7, ldmHalfWidth: 2.3 },
        ] as const) {
          const options: LimbOptions = { kind, grouping, ...quirks };
          const { heat, limb } = await draw(labels, size, options);
          const difference = worst(limb, limbMaps(HAND, labels, size, options));
          assert.ok(difference <= (kind === "LDM" ? 0 : 1e-6), `${JSON.stringify(options)}: ${difference}`);
          assert.ok(worst(heat, confidenceMaps(labels, size, options.sigma)) < 1e-6, `heat ${options.sigma}`);
        }
      }
    }
  });
}

test("integer labels, where pixels lie exactly on borders: no LDM pixel differs", async () => {
  const size = { height: 23, width: 40 };
  const labels = someLabels(40, size).map(Math.round);
  const options = { kind: "LDM", grouping: "EACH" } as const;
  const want = limbMaps(HAND, labels, size, options);
  assert.is(worst((await draw(labels, size, options)).limb, want), 0);
  // LPM jumps at a limb's far end, so it needs the same certainty.
  const lpm = { kind: "LPM", grouping: "EACH" } as const;
  assert.ok(worst((await draw(labels, size, lpm)).limb, limbMaps(HAND, labels, size, lpm)) < 1e-6);
});

test("one joint of a limb on a pixel, the other anywhere: no LDM pixel differs", async () => {
  const size = { height: 46, width: 46 };
  const labels = someLabels(40, size, 5).map((v, i) => (Math.floor(i / 2) % 3 === 0 ? Math.round(v) : v));
  const options = { kind: "LDM", grouping: "EACH" } as const;
  assert.is(worst((await draw(labels, size, options)).limb, limbMaps(HAND, labels, size, options)), 0);
});

test("a border 1e-7 beside a pixel is told from one 1e-7 on the other side, as plain float32 cannot", async () => {
  const size = { height: 46, width: 46 };
  for (const off of [-1e-7, 1e-7]) {
    const labels = oneLimb(30 + off, 20.3, 41.7, 20.3);
    assert.is(Math.fround(30 + off), 30, "lost in float32");
    const { limb } = await draw(labels, size, { kind: "LDM", grouping: "EACH" });
    assert.is(limb[(INDEX_BASE * 46 + 20) * 46 + 30], off < 0 ? 1 : 0);
  }
});

test("joints far away: the limb still crosses the map where it should", async () => {
  const size = { height: 20, width: 30 };
  for (const far of [1e3, 1e5, 1e9, 1e60]) {
    const labels = oneLimb(-far, 7.4, far, 7.4);
    for (const kind of ["LDM", "LPM"] as const) {
      const options = { kind, grouping: "EACH" } as const;
      const { limb } = await draw(labels, size, options);
      // The hand's other limbs at the wrist have lost their direction to float64 itself by 1e60.
      const [from, to] = [INDEX_BASE * 600, (INDEX_BASE + 1) * 600];
      const want = limbMaps(HAND, labels, size, options).subarray(from, to);
      assert.ok(worst(limb.subarray(from, to), want) <= (kind === "LDM" ? 0 : 1e-6), `${kind} ${far}`);
      assert.ok(limb[(INDEX_BASE * 20 + 7) * 30 + 15] > 0.9, `${kind} ${far}: drawn`);
    }
  }
});

test("large maps: 160 x 200, no LDM pixel differs", async () => {
  const size = { height: 160, width: 200 };
  const labels = someLabels(2, size, 3);
  const options = { kind: "LDM", grouping: "G1_6" } as const;
  const { limb, heat } = await draw(labels, size, options);
  assert.is(worst(limb, limbMaps(HAND, labels, size, options)), 0);
  assert.ok(worst(heat, confidenceMaps(labels, size)) < 1e-6);
});

test("lpmEndCap: round is the distance to the segment; original squashes the far cap alone", () => {
  const size = { height: 21, width: 31 };
  const labels = oneLimb(8, 10, 20, 10);
  const at = (maps: Float64Array, x: number, y: number) => maps[(INDEX_BASE * 21 + y) * 31 + x];
  const round = limbMaps(HAND, labels, size, { kind: "LPM", grouping: "EACH", lpmEndCap: "round" });
  const original = limbMaps(HAND, labels, size, { kind: "LPM", grouping: "EACH" });
  const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} ${b}`);
  close(at(round, 21, 11), Math.exp(-2 / 2)); // one beyond, one beside
  close(at(original, 21, 11), Math.exp(-(2 + 1) / 2)); // the one beside counts twice
  for (const maps of [round, original]) {
    close(at(maps, 22, 10), Math.exp(-4 / 2)); // straight beyond: both agree
    close(at(maps, 7, 11), Math.exp(-2 / 2)); // before the near end
    close(at(maps, 14, 12), Math.exp(-4 / 2)); // beside
  }
});

test("zeroLengthLimb: original fills LDM and triples LPM's distance; skip draws nothing", () => {
  const size = { height: 9, width: 9 };
  const labels = oneLimb(4, 4, 4, 4);
  const area = (maps: Float64Array) => maps.subarray(INDEX_BASE * 81, (INDEX_BASE + 1) * 81);
  const LDM = { kind: "LDM", grouping: "EACH" } as const;
  const LPM = { kind: "LPM", grouping: "EACH" } as const;
  assert.ok(area(limbMaps(HAND, labels, size, LDM)).every((v) => v === 1));
  assert.is(area(limbMaps(HAND, labels, size, LPM))[4 * 9 + 5], Math.exp(-3 / 2));
  for (const options of [LDM, LPM]) {
    assert.ok(area(limbMaps(HAND, labels, size, { ...options, zeroLengthLimb: "skip" })).every((v) => v === 0));
  }
});

test("all maps of a batch are one dispatch, and nothing is kept", async () => {
  const gpu = await testGpu();
  const size = { height: 6, width: 7 };
  const heat = gpu.empty([4, 21, 6, 7]);
  const limb = gpu.empty([4, 7, 6, 7]);
  const live = gpu.pool.liveBytes;
  const before = gpu.commands.count.dispatches;
  renderTargets(gpu, HAND, someLabels(4, size), { heat, limb }, { kind: "LPM", grouping: "G1_6" });
  assert.is(gpu.commands.count.dispatches - before, 1);
  assert.is(gpu.pool.liveBytes, live);
  await gpu.finish();
  heat.dispose();
  limb.dispose();
});

test("groups: each draws its limbs", () => {
  const limbs = (grouping: string) =>
    groupsOf(HAND, grouping).map((g) => g.limbs.map((l) => [HAND.limbs[l].from, HAND.limbs[l].to].join("-")).join(" "));
  assert.equal(limbs("G6"), [
    "1-2 2-3 3-4",
    "5-6 6-7 7-8",
    "9-10 10-11 11-12",
    "13-14 14-15 15-16",
    "17-18 18-19 19-20",
    "0-1 0-5 0-9 0-13 0-17",
  ]);
  assert.is(groupsOf(HAND, "G1")[0].limbs.length, 20);
  assert.equal(limbs("G1_6"), [...limbs("G1"), ...limbs("G6")]);
  assert.is(groupsOf(HAND, "EACH").length, 20);
});

test("bad labels and shapes are refused by name", async () => {
  const gpu = await testGpu();
  const size = { height: 4, width: 4 };
  const labels = someLabels(2, size);
  labels[42 + 2 * 8] = Number.NaN;
  const named = (e: unknown) => e instanceof UserError && /hand 1, joint 8 \(index tip\)/.test((e as Error).message);
  assert.throws(() => encodeHands(HAND, labels, size), named);
  labels[42 + 2 * 8] = Number.NEGATIVE_INFINITY;
  assert.throws(() => encodeHands(HAND, labels, size), named);
  assert.throws(
    () => encodeHands(HAND, new Float64Array(43), size),
    (e: unknown) => e instanceof UserError,
  );
  gpu.scope(() => {
    const limb = gpu.empty([2, 6, 4, 4]);
    const options = { kind: "LPM", grouping: "G1_6" } as const;
    const good = someLabels(2, size);
    const shape = (e: unknown) => e instanceof ShapeError;
    assert.throws(() => renderTargets(gpu, HAND, good, { limb }, options), shape);
    assert.throws(() => renderTargets(gpu, HAND, someLabels(3, size), { limb }, { ...options, grouping: "G6" }), shape);
  });
});

test.run();
