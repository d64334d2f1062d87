import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareMasks, type MaskSet } from "../../masks/compare";
import { HAND } from "../../masks/hand";
import { confidenceMaps, limbMaps } from "../../masks/reference";

const test = suite("compareMasks");
const SIZE = { height: 30, width: 40 };

/** A hand off the map but for the limb from wrist to thumb base, which goes from a to b. */
function hand(ax: number, ay: number, bx: number, by: number): Float64Array {
  const labels = new Float64Array(42);
  for (let joint = 0; joint < 21; joint++) labels.set([200 + 3 * joint, 300 + joint], 2 * joint);
  labels.set([ax, ay, bx, by], 0);
  return labels;
}

const drawn = (labels: Float64Array): { [K in keyof MaskSet]: Float64Array } => ({
  heat: confidenceMaps(labels, SIZE),
  lpm_g7: limbMaps(HAND, labels, SIZE, { kind: "LPM", grouping: "G1_6" }),
  ldm_g7: limbMaps(HAND, labels, SIZE, { kind: "LDM", grouping: "G1_6" }),
});

const palm = (x: number, y: number) => (6 * SIZE.height + y) * SIZE.width + x;

function compare(labels: Float64Array, change: (set: ReturnType<typeof drawn>) => void) {
  const actual = drawn(labels);
  change(actual);
  const [heat, lpm, ldm] = compareMasks({ skeleton: HAND, labels, size: SIZE }, drawn(labels), actual);
  return { heat, lpm, ldm };
}

test("equal maps differ nowhere", () => {
  const { heat, lpm, ldm } = compare(hand(10, 10, 20, 10), () => {});
  for (const c of [heat, lpm, ldm]) assert.equal([c.largest, c.differing, c.undecidable.length], [0, 0, 0]);
});

test("a difference within the tolerance is measured, one beyond it counted", () => {
  const { heat, lpm, ldm } = compare(hand(10.2, 10.3, 20.4, 10.1), (set) => {
    set.heat[7] += 9e-6;
    set.lpm_g7[palm(15, 11)] += 2e-5;
    set.ldm_g7[palm(30, 20)] = 1;
  });
  assert.is(heat.differing, 0);
  assert.ok(Math.abs(heat.largest - 9e-6) < 1e-12);
  assert.is(lpm.differing, 1);
  assert.is(ldm.differing, 1);
  assert.is(ldm.largest, 1);
});

test("a value that is no number differs infinitely", () => {
  const { heat } = compare(hand(10, 10, 20, 10), (set) => set.heat.fill(Number.NaN, 3, 4));
  assert.equal([heat.differing, heat.largest], [1, Number.POSITIVE_INFINITY]);
});

test("a pixel 3e-6 from a limb's border is excused and named; one 3e-5 away is not", () => {
  for (const [off, excused] of [
    [3e-6, 1],
    [3e-5, 0],
  ] as const) {
    // The limb begins just past the pixel (10, 10): outside in float64.
    const { ldm } = compare(hand(10 + off, 10.3, 20.4, 10.3), (set) =>
      set.ldm_g7.fill(1, palm(10, 10), palm(10, 10) + 1),
    );
    assert.is(ldm.differing, 1 - excused);
    assert.is(ldm.undecidable.length, excused);
  }
  const { ldm } = compare(hand(10 + 3e-6, 10.3, 20.4, 10.3), (set) =>
    set.ldm_g7.fill(1, palm(10, 10), palm(10, 10) + 1),
  );
  assert.equal(ldm.undecidable, [
    { output: "ldm_g7", hand: 0, channel: "palm", x: 10, y: 10, limb: "wrist to thumb CMC", reason: "at a border" },
  ]);
});

test("LPM's jump at the far end is excused on either side, any third value is not", () => {
  const labels = hand(10.2, 10, 20 + 2e-6, 10);
  const line2 = 1;
  const beside = Math.exp(-line2 / 2);
  const past = Math.exp(-(line2 + line2) / 2);
  assert.ok(Math.abs(drawn(labels).lpm_g7[palm(20, 11)] - beside) < 1e-6);
  const put = (value: number) => compare(labels, (set) => set.lpm_g7.fill(value, palm(20, 11), palm(20, 11) + 1)).lpm;
  assert.equal([put(past).differing, put(past).undecidable.length], [0, 1]);
  assert.equal([put(past - 0.01).differing, put(past - 0.01).undecidable.length], [1, 0]);
});

test("a limb shorter than 1e-3 is excused near its place alone", () => {
  const { ldm } = compare(hand(10, 10, 10.0002, 10.0005), (set) => {
    set.ldm_g7[palm(9, 10)] = 1;
    set.ldm_g7[palm(7, 10)] = 1;
  });
  assert.is(ldm.differing, 1);
  assert.equal(
    ldm.undecidable.map(({ x, reason }) => [x, reason]),
    [[9, "short limb"]],
  );
});

test.run();
