import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Rng, stream } from "../../../train/data/rng";

const test = suite("rng");
const draws = (rng: Rng, n: number) => Array.from({ length: n }, () => rng.next());

test("xoshiro128** yields the reference implementation's first ten numbers", () => {
  assert.equal(
    draws(new Rng([1, 2, 3, 4]), 10),
    [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
  );
  assert.throws(() => new Rng([0, 0, 0, 0]), RangeError);
});

test("a stored state carries on exactly", () => {
  const a = stream(7, "init");
  draws(a, 13);
  const b = new Rng(JSON.parse(JSON.stringify(a.state)));
  assert.equal([b.next(), b.uniform(), b.normal()], [a.next(), a.uniform(), a.normal()]);
});

test("a stream is a pure function of seed and keys, and differs with each of them", () => {
  assert.equal(draws(stream(3, "shuffle", 12), 5), draws(stream(3, "shuffle", 12), 5));
  const streams = [
    stream(0),
    stream(1),
    stream(2 ** 32),
    stream(0, 0),
    stream(0, 1),
    stream(0, 1, 2),
    stream(0, 2, 1),
    stream(0, "a"),
    stream(0, "ab"),
    stream(0, "a", "b"),
    stream(0, "shuffle", 1),
    stream(0, "shuffle", 2),
  ];
  assert.is(new Set(streams.map((s) => draws(s, 2).join())).size, streams.length);
});

test("neighbouring seeds give unrelated numbers", () => {
  // The mean of the bits in which stream(s) and stream(s + 1) differ: 16 of 32, to 4 standard deviations of 500 draws.
  let bits = 0;
  for (let s = 0; s < 500; s++) bits += popcount(stream(s).next() ^ stream(s + 1).next());
  assert.ok(Math.abs(bits / 500 - 16) < 0.51, `${bits / 500} bits differ`);
});

test("shuffle permutes in place, evenly, and depends on the epoch", () => {
  const items = Array.from({ length: 100 }, (_, i) => i);
  const shuffled = stream(1, "shuffle", 1).shuffle([...items]);
  assert.not.equal(shuffled, items);
  assert.equal(
    [...shuffled].sort((a, b) => a - b),
    items,
  );
  assert.not.equal(shuffled, stream(1, "shuffle", 2).shuffle([...items]));
  assert.equal(stream(1).shuffle([]), []);

  const counts = new Map<string, number>();
  const rng = stream(5);
  for (let i = 0; i < 6000; i++) {
    const order = rng.shuffle([0, 1, 2]).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.is(counts.size, 6);
  for (const n of counts.values()) assert.ok(Math.abs(n - 1000) < 120, `an order came ${n} times of 6000`);
});

test("uniform and normal have the right range and moments", () => {
  const rng = stream(11);
  const n = 20000;
  const u = Array.from({ length: n }, () => rng.uniform(-2, 4));
  assert.ok(u.every((x) => x >= -2 && x < 4));
  assert.ok(Math.abs(mean(u) - 1) < 0.05);
  const z = Array.from({ length: n }, () => rng.normal(3, 2));
  const m = mean(z);
  assert.ok(Math.abs(m - 3) < 0.06, `mean ${m}`);
  assert.ok(Math.abs(Math.sqrt(mean(z.map((x) => (x - m) ** 2))) - 2) < 0.05);
  const within = z.filter((x) => Math.abs(x - 3) < 2).length / n;
  assert.ok(Math.abs(within - 0.6827) < 0.014, `${within} within one standard deviation`);
});

test("below is within range and unbiased where 2^32 is no multiple of n", () => {
  const rng = stream(2);
  const n = 3 * 2 ** 30;
  let low = 0;
  for (let i = 0; i < 4000; i++) {
    const x = rng.below(n);
    assert.ok(x >= 0 && x < n);
    if (x < 2 ** 30) low++;
  }
  // A plain remainder would put half of the draws here instead of a third.
  assert.ok(Math.abs(low / 4000 - 1 / 3) < 0.03, `${low / 4000}`);
});

function mean(xs: number[]): number {
  return xs.reduce((a, b) => a + b, 0) / xs.length;
}

function popcount(x: number): number {
  let n = 0;
  for (let v = x; v !== 0; v &= v - 1) n++;
  return n;
}

test.run();
