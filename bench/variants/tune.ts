import type { Dtype, Gpu } from "../../engine/index";
import {
  asOneRow,
  type ConvPass,
  type ConvPlan,
  type Cost,
  choicesFor,
  convGeometry,
  type DwPass,
  familyOf,
  pickConvPlan,
  shapeKey,
} from "../../engine/ops/conv/index";
import type { Config } from "../../train/config/index";
import type { TuningFile } from "../../train/files/node";
import { imagesPerPass } from "../../train/step/index";
import { convWork } from "../contenders/index";
import type { ConvCase, LayerCase } from "../contract/index";
import { chooseLayers, layerCases } from "../kernels/index";
import { interleave, milliseconds, relativeError } from "../measure/index";

/** What was measured of one pass of one shape. */
export interface Tuned {
  pass: ConvCase["pass"];
  name: string;
  /** Key of the shape in a table. */
  key: string;
  choice: ConvPass | DwPass;
  /** What the choice pays for multiplying less than the formula asks for; null where it does not. */
  cost: Cost | null;
  /** Median of the choice, and of what the heuristic takes. */
  ms: number;
  heuristicMs: number;
  /** Candidates that were left out because their result was wrong on this adapter. */
  wrong: number;
}

export interface TuneOptions {
  gpu: Gpu;
  config: Config;
  /** "all", or a part of a case's "conv name pass". */
  layers: string;
  rounds: number;
  note?: (line: string) => void;
}

/** One measurement repeats its computation until it takes about this long, so that waiting does not count. */
const ENOUGH_MS = 15;
const MOST_REPEATS = 64;

/** A choice must beat the heuristic's by this share; less is noise. */
const WORTHWHILE = 0.03;

/**
 * Another order of summing float32 may differ by this, relative to the absmax, and by one rounding more where the result is
 * float16; more is a wrong result.
 */
const tolerance = (pass: ConvCase["pass"], dtype: Dtype): number => (pass === "dw" || dtype === "f16" ? 1e-3 : 1e-4);

/** Measures every candidate for every convolution of a configuration's step, on images as many as one pass takes. */
export async function tune({ gpu, config, layers, rounds, note = () => {} }: TuneOptions): Promise<Tuned[]> {
  const cases = chooseLayers(layerCases({ ...config, batch_size: imagesPerPass(gpu, config) }), layers);
  const convs = cases.filter((c): c is LayerCase & ConvCase => c.op === "conv");
  const dtype = config.precision === "mixed" ? "f16" : "f32";
  const results: Tuned[] = [];
  for (const [i, c] of convs.entries()) {
    note(`${i + 1}/${convs.length} ${c.name} ${c.pass}`);
    results.push(await tuneCase(gpu, c, dtype, rounds));
  }
  return results;
}

async function tuneCase(gpu: Gpu, c: ConvCase, dtype: Dtype, rounds: number): Promise<Tuned> {
  const shapes = [
    [c.batch, c.ci, c.size, c.size],
    [c.co, c.ci, c.kernel, c.kernel],
  ];
  const g = asOneRow(convGeometry(shapes, { padding: (c.kernel - 1) / 2 }));
  const heuristic = pickConvPlan(g, gpu.adapter);
  const choices = choicesFor(c.pass, g, gpu.adapter);

  const { inputs, record } = convWork(gpu, c, dtype);
  const run = async (plan: ConvPlan, times: number) => {
    for (let i = 0; i < times; i++) gpu.scope(() => void record(plan));
    await gpu.finish();
  };
  const right: { choice: ConvPass | DwPass; plan: ConvPlan; repeats: number }[] = [];
  let wrong = 0;
  try {
    let expected: Float32Array | null = null;
    for (const choice of choices) {
      const plan = { ...heuristic, [c.pass]: choice } as ConvPlan;
      const result = await gpu.scopeAsync(() => record(plan).data());
      expected ??= result;
      if (relativeError(expected, result) > tolerance(c.pass, dtype)) {
        wrong++;
        continue;
      }
      const once = Math.min(await milliseconds(() => run(plan, 1)), await milliseconds(() => run(plan, 1)));
      right.push({ choice, plan, repeats: Math.max(1, Math.min(MOST_REPEATS, Math.round(ENOUGH_MS / once))) });
    }
    const timings = await interleave(
      right.map(
        ({ plan, repeats }) =>
          () =>
            run(plan, repeats),
      ),
      rounds,
    );
    const ms = timings.map((t, i) => t.median / right[i].repeats);
    const fastest = ms.indexOf(Math.min(...ms));
    const best = ms[fastest] < ms[0] * (1 - WORTHWHILE) ? fastest : 0;
    const { choice } = right[best];
    return {
      ...{ pass: c.pass, name: c.name, key: shapeKey(g, dtype), wrong },
      ...{ choice, ms: ms[best], heuristicMs: ms[0] },
      cost: c.pass === "dw" ? null : (familyOf(choice).cost?.(g, choice as ConvPass, gpu.adapter) ?? null),
    };
  } finally {
    for (const t of inputs) t.dispose();
    gpu.trim();
  }
}

/** The choices as a tuning file keeps them. */
export function choicesOf(tuned: readonly Tuned[]): Pick<TuningFile, "forward" | "dx" | "dw"> {
  const of = (pass: Tuned["pass"]) =>
    Object.fromEntries(tuned.filter((t) => t.pass === pass).map(({ key, choice }) => [key, choice]));
  return {
    forward: of("forward") as TuningFile["forward"],
    dx: of("dx") as TuningFile["dx"],
    dw: of("dw") as TuningFile["dw"],
  };
}
