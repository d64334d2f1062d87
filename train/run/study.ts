import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Gpu, UserError } from "../../engine/index";
import { parseJson, readText, writeFileAtomic } from "../../model/files/node";
import { type Config, datasetFor, onFolder, resolveConfig } from "../config/index";
import { type Contents, describeChange } from "../data/index";
import { holdsRun, loadNewest } from "../record/node";
import { openSource } from "../source/node";
import { train } from "./train";

/** The paper's comparison: the baseline, and limb masks of either kind and grouping with the original's weights. */
export const EXPERIMENTS: Record<string, Partial<Config>> = {
  CPM: { model: "CPM" },
  "LDM-G1": { model: "NSRM", limb_mask: "LDM", limbc: 1, group: "G1", weight: 1 },
  "LDM-G1&6": { model: "NSRM", limb_mask: "LDM", limbc: 7, group: "G6", weight: 0.2, weight_g61: 0.2 },
  "LPM-G1": { model: "NSRM", limb_mask: "LPM", limbc: 1, group: "G1", weight: 0.5 },
  "LPM-G1&6": { model: "NSRM", limb_mask: "LPM", limbc: 7, group: "G6", weight: 0.1, weight_g61: 0.2 },
};

export interface StudyOptions {
  gpu: Gpu;
  /** What all runs share: data, widths, optimizer, and `max_steps`, the budget of each. */
  base: Config;
  data?: string;
  out: string;
  seeds: number;
  /** Names out of the table; all five by default. */
  only?: readonly string[];
  print(line: string): void;
  stop?: AbortSignal;
}

/** One trained network's score on the test split. */
interface Score {
  experiment: string;
  seed: number;
  /** What was trained. */
  config: Config;
  parameters: number;
  pck: Record<string, number>;
  meanPose: Record<string, number>;
}

/**
 * Trains every experiment with every seed on the same data with the same budget and writes the comparison as
 * `study.json` and `study.md`. Runs that are done are not repeated, one that was cut short is resumed.
 * @returns the table, or null when a signal ended the study early
 */
export async function study(options: StudyOptions): Promise<string | null> {
  const { out, seeds, print, stop } = options;
  const names = Object.keys(EXPERIMENTS).filter((n) => !options.only || options.only.includes(n));
  const scores: Score[] = [];
  // Seeds outermost: a study that is cut short has compared all experiments on the seeds it got to.
  for (let seed = 0; seed < seeds; seed++) {
    for (const experiment of names) {
      const score = await trainOne(options, experiment, seed);
      if (!score || stop?.aborted) return null;
      scores.push(score);
      print(`${experiment}, seed ${seed}: ${figures(score.pck)}`);
      const table = formatTable(options.base, scores);
      await writeFileAtomic(join(out, "study.json"), `${JSON.stringify(scores, null, 2)}\n`);
      await writeFileAtomic(join(out, "study.md"), table);
    }
  }
  return formatTable(options.base, scores);
}

async function trainOne(options: StudyOptions, experiment: string, seed: number): Promise<Score | null> {
  const { gpu, base, data, stop } = options;
  const out = join(options.out, `${experiment.replace("&", "_")}-seed${seed}`);
  const config = experimentOf(base, experiment, seed, data);
  const record = join(out, "score.json");
  if (holdsRun(out)) expectSameData(out, openSource({ gpu, config }).contents());
  if (existsSync(record)) return readScore(record, config);
  const { test, parameters } = await train({ gpu, config, data, out, resume: true, silent: true, stop });
  if (!test) return null;
  const score: Score = {
    experiment,
    seed,
    config,
    parameters,
    pck: test.scores.original.pck,
    meanPose: test.scores.meanPose.original,
  };
  await writeFileAtomic(record, `${JSON.stringify(score)}\n`);
  return score;
}

/** The study's base turned into one of its experiments. A folder's hands have another name with each kind of mask. */
export function experimentOf(base: Config, experiment: string, seed: number, data?: string): Config {
  const settings = { ...onFolder(base, data), name: `${experiment} seed ${seed}`, seed, ...EXPERIMENTS[experiment] };
  const dataset = settings.dataset === "synthetic" ? settings.dataset : datasetFor(settings);
  return resolveConfig({ ...settings, dataset }, `study, ${experiment}`).config;
}

/** @throws UserError for a score of another study: what one table compares must have had the same data and budget */
function readScore(path: string, config: Config): Score {
  const score = parseJson(readText(path, "a run's score"), path) as Score;
  const before: Partial<Config> = score.config ?? {};
  for (const key of Object.keys(config) as (keyof Config)[]) {
    const [had, has] = [before[key], config[key]].map((value) => JSON.stringify(value));
    if (had === has) continue;
    throw new UserError(`${path}: its run had ${key} ${had}, this study has ${has}; choose another --out`);
  }
  return score;
}

/** @throws UserError for a run on other data */
function expectSameData(out: string, now: Contents | null): void {
  const { checkpoint, path } = loadNewest(out);
  const before = checkpoint.contents;
  const change = before && now && describeChange(before, now);
  if (change)
    throw new UserError(`${path}: it was trained on other data than there are now (${change}); choose another --out`);
}

const figures = (pck: Record<string, number>): string =>
  Object.entries(pck)
    .map(([t, v]) => `PCK@${t} ${v.toFixed(3)}`)
    .join("  ");

/** Mean over seeds, and the least and largest, by experiment and threshold, as Markdown. */
export function formatTable(base: Config, scores: readonly Score[]): string {
  const thresholds = base.pck_thresholds.map(String);
  const experiments = [...new Set(scores.map((s) => s.experiment))];
  const row = (name: string, cells: string[]) => `| ${[name, ...cells].join(" | ")} |`;
  const lines = [
    row("test PCK at", [...thresholds, "seeds", "parameters"]),
    row("---", Array(thresholds.length + 2).fill("---")),
  ];
  for (const experiment of experiments) {
    const runs = scores.filter((s) => s.experiment === experiment);
    const cells = thresholds.map((t) => spread(runs.map((r) => r.pck[t])));
    lines.push(row(experiment, [...cells, String(runs.length), runs[0].parameters.toLocaleString("en")]));
  }
  const mean = scores[0].meanPose;
  lines.push(row("mean pose", [...thresholds.map((t) => mean[t].toFixed(3)), "", ""]));
  const { width, image_size, batch_size, max_steps } = base;
  const budget = `${max_steps ?? "all"} steps of batch ${batch_size} at ${image_size} px, width ${width}`;
  return `${lines.join("\n")}\n\nMean over seeds (least to largest). Each run: ${budget}.\n`;
}

function spread(values: readonly number[]): string {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return values.length === 1
    ? mean.toFixed(3)
    : `${mean.toFixed(3)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`;
}
