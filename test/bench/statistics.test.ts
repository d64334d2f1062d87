import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitPowerLaw, interleave, quantile, summarise } from "../../bench/measure/statistics";

const test = suite("statistics");

test("median and quartiles interpolate between neighbours", () => {
  assert.equal(quantile([1, 2, 4, 8], 0.5), 3);
  assert.equal(quantile([1, 2, 4, 8], 0.25), 1.75);
  const { median, min, max, spread, runs } = summarise([8, 1, 4, 2]);
  assert.equal([median, min, max, runs], [3, 1, 8, 4]);
  assert.equal(spread, (5 - 1.75) / 2);
  assert.throws(() => summarise([]), /no samples/);
});

test("one outlier moves neither median nor spread far", () => {
  const { median, spread } = summarise([10, 11, 10, 12, 11, 10, 900]);
  assert.equal(median, 11);
  assert.ok(spread < 1);
});

test("fitted exponents are those of the law that made the points", () => {
  const points = [1, 2, 4, 8, 16].map((x) => ({ x, y: 3 * x ** 1.25 }));
  const { exponent, factor, fit } = fitPowerLaw(points);
  assert.ok(Math.abs(exponent - 1.25) < 1e-12);
  assert.ok(Math.abs(factor - 3) < 1e-12);
  assert.ok(Math.abs(fit - 1) < 1e-12);
  const bent = fitPowerLaw([...points, { x: 32, y: 1000 }]);
  assert.ok(bent.exponent > 1.3 && bent.fit < 0.99);
});

test("a power law needs positive values and two different x", () => {
  assert.throws(() => fitPowerLaw([{ x: 0, y: 1 }]), /above 0/);
  assert.throws(() => fitPowerLaw([{ x: 1, y: Number.NaN }]), /above 0/);
  assert.throws(() => fitPowerLaw([{ x: 2, y: 1 }, { x: 2, y: 3 }]), /two different x/); // biome-ignore format: one line
});

test("contenders take turns, the order reversed every other round, after one run each that is not counted", async () => {
  const order: string[] = [];
  const run = (name: string) => async () => void order.push(name);
  const timings = await interleave([run("a"), run("b")], 3);
  assert.is(order.join(""), "ab" + "ab" + "ba" + "ab");
  order.length = 0;
  await interleave([run("a"), run("b")], 1, false);
  assert.is(order.join(""), "ab");
  order.length = 0;
  const uneven = await interleave([run("a"), run("b"), run("c")], [3, 1, 2], false);
  assert.is(order.join(""), "abc" + "ca" + "a", "one that has had its rounds leaves");
  assert.equal(
    uneven.map((t) => t.runs),
    [3, 1, 2],
  );
  assert.equal(
    timings.map((t) => t.runs),
    [3, 3],
  );
});

test.run();
