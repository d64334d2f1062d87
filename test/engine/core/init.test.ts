import { suite } from "uvu";
import * as assert from "uvu/assert";
import { initialise } from "../../../engine/core/init";
import { Parameters } from "../../../engine/core/parameters";
import { stream } from "../../../train/data/rng";
import { testGpu } from "../../helpers/gpu";

const test = suite("init");

const WEIGHT = [64, 48, 3, 3];
const FAN_IN = 48 * 9;

async function values(scheme: "torch" | "he", seed = 0) {
  const gpu = await testGpu();
  const parameters = new Parameters(gpu, [
    { name: "a.weight", shape: WEIGHT },
    { name: "a.bias", shape: [640] },
    { name: "b.weight", shape: [32, 500, 1, 1] },
    { name: "b.bias", shape: [320] },
    { name: "c.matrix", shape: [800, 40] },
    { name: "c.bias", shape: [400] },
  ]);
  initialise(parameters, scheme, stream(seed, "init"));
  const all = await parameters.readArena(parameters.values);
  parameters.dispose();
  return (name: string) => [...all.get(name)!];
}

const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length;
const moment = (v: number[], k: number) => mean(v.map((x) => x ** k));

test("torch: weight and bias uniform within 1/sqrt(fan_in)", async () => {
  const of = await values("torch");
  for (const [name, fanIn] of [
    ["a.weight", FAN_IN],
    ["a.bias", FAN_IN],
    ["b.weight", 500],
    ["b.bias", 500],
    ["c.matrix", 800],
    ["c.bias", 800],
  ] as const) {
    const v = of(name);
    const bound = 1 / Math.sqrt(fanIn);
    const largest = Math.max(...v.map(Math.abs));
    assert.ok(largest <= bound * (1 + 1e-6) && largest > 0.98 * bound, `${name}: largest ${largest} of ${bound}`);
    // A uniform distribution has variance bound^2 / 3; five standard errors of a mean of v.length.
    assert.ok(Math.abs(mean(v)) < (5 * bound) / Math.sqrt(3 * v.length), `${name}: mean`);
    assert.ok(Math.abs(moment(v, 2) / (bound ** 2 / 3) - 1) < 5 * Math.sqrt(0.8 / v.length), `${name}: variance`);
  }
});

test("he: weights normal with variance 2/fan_in, biases 0", async () => {
  const of = await values("he");
  for (const [name, fanIn] of [
    ["a.weight", FAN_IN],
    ["b.weight", 500],
    ["c.matrix", 800],
  ] as const) {
    const v = of(name);
    const variance = 2 / fanIn;
    assert.ok(Math.abs(mean(v)) < 5 * Math.sqrt(variance / v.length), `${name}: mean`);
    assert.ok(Math.abs(moment(v, 2) / variance - 1) < 5 * Math.sqrt(2 / v.length), `${name}: variance`);
    assert.ok(Math.abs(moment(v, 4) / (3 * variance ** 2) - 1) < 0.15, `${name}: tails of a normal distribution`);
  }
  for (const name of ["a.bias", "b.bias", "c.bias"]) assert.ok(of(name).every((v) => v === 0));
});

test("norms start at 1 and 0 by either scheme, in our names and in PyTorch's, and a declared value is taken", async () => {
  const gpu = await testGpu();
  for (const scheme of ["he", "torch"] as const) {
    const parameters = new Parameters(gpu, [
      { name: "conv.weight", shape: [4, 2, 3, 3] },
      { name: "norm.gamma", shape: [4] },
      { name: "norm.beta", shape: [4] },
      { name: "bn1.weight", shape: [4] },
      { name: "bn1.bias", shape: [4] },
      { name: "slope", shape: [3], init: 0.25 },
      { name: "fc.weight", shape: [4, 5] },
      { name: "fc.bias", shape: [5] },
    ]);
    initialise(parameters, scheme, stream(0, "init"));
    const all = await parameters.readArena(parameters.values);
    parameters.dispose();
    const of = (name: string) => [...all.get(name)!];
    assert.equal([of("norm.gamma"), of("bn1.weight")], [new Array(4).fill(1), new Array(4).fill(1)], scheme);
    assert.equal([of("norm.beta"), of("bn1.bias")], [new Array(4).fill(0), new Array(4).fill(0)], scheme);
    assert.equal(of("slope"), [0.25, 0.25, 0.25]);
    assert.is(
      of("fc.bias").every((v) => v === 0),
      scheme === "he",
      "a bias that follows a matrix is that matrix's",
    );
  }
});

test("a seed gives the same values, another gives others", async () => {
  const [one, same, other] = [await values("he", 3), await values("he", 3), await values("he", 4)];
  assert.equal(one("a.weight"), same("a.weight"));
  assert.not.equal(one("a.weight"), other("a.weight"));
});

test.run();
