import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../../engine/core/tensor";
import * as nn from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("ops at their edges, as PyTorch's");

/** NaN, infinities and -0 are words: JSON has none. */
type Word = number | string;

/** Of test/golden/torch-ops.json, which make-torch-ops.py writes. */
interface Case {
  op: keyof typeof OPS;
  inputs: { shape: number[]; data: Word[] }[];
  y: Word[];
  /** Of the sum of y, by each input. */
  gradients?: Word[][];
  low: Word;
  high: Word;
  axis: number;
}

const numbers = (words: readonly Word[]): number[] =>
  words.map((w) => Number(w === "nan" ? w : `${w}`.replace("inf", "Infinity")));

const OPS = {
  pow: ([a, b]: Tensor[]) => nn.pow(a, b),
  maximum: ([a, b]: Tensor[]) => nn.maximum(a, b),
  minimum: ([a, b]: Tensor[]) => nn.minimum(a, b),
  abs: ([x]: Tensor[]) => nn.abs(x),
  tanh: ([x]: Tensor[]) => nn.tanh(x),
  square: ([x]: Tensor[]) => nn.square(x),
  clip: ([x]: Tensor[], { low, high }: Case) => nn.clip(x, ...(numbers([low, high]) as [number, number])),
  max: ([x]: Tensor[], { axis }: Case) => nn.max(x, [axis]),
  min: ([x]: Tensor[], { axis }: Case) => nn.min(x, [axis]),
  argMax: ([x]: Tensor[], { axis }: Case) => nn.argMax(x, axis),
  argMin: ([x]: Tensor[], { axis }: Case) => nn.argMin(x, axis),
  softmax: ([x]: Tensor[], { axis }: Case) => nn.softmax(x, axis),
  logSoftmax: ([x]: Tensor[], { axis }: Case) => nn.logSoftmax(x, axis),
};

/** The same infinity, NaN for NaN, and else within rounding: where a softmax's terms cancel, of 1. */
function agrees(op: string, got: number, want: number): boolean {
  if (Object.is(got, want) || got === want) return true;
  // Below the smallest normal number, 1.2e-38, a driver may answer 0.
  const absolute = /softmax/i.test(op) ? 1e-6 : 1.2e-38;
  return Number.isFinite(want) && Math.abs(got - want) <= 5e-6 * Math.abs(want) + absolute;
}

const cases: Case[] = JSON.parse(readFileSync("test/golden/torch-ops.json", "utf8"));

for (const [n, c] of cases.entries()) {
  test(`${c.op}, case ${n}`, async () => {
    const gpu = await testGpu();
    await gpu.scopeAsync(async () => {
      const inputs = c.inputs.map(({ shape, data }) => gpu.tensor(numbers(data), shape));
      for (const x of inputs) x.requiresGrad = true;
      const y = OPS[c.op](inputs, c);
      const expect = (what: string, got: Float32Array, want: number[]) => {
        const wrong = want.flatMap((w, i) => {
          const at = c.inputs.map(({ data }) => (got.length === data.length ? data[i] : "")).join(", ");
          return agrees(c.op, got[i], w) ? [] : [`(${at}): ${got[i]} for ${w}`];
        });
        assert.equal(wrong, [], what);
      };
      expect("result", await y.data(), numbers(c.y));
      if (!c.gradients) return;
      nn.sum(y).backward();
      for (const [i, x] of inputs.entries()) {
        expect(`gradient by input ${i}`, await x.grad!.data(), numbers(c.gradients[i]));
        x.grad!.dispose();
      }
    });
  });
}

test.run();
