import { skeletonOf } from "../config/index";
import { type Bar, barChart, lineChart, type Series } from "./chart";
import type { Figures, RunRecord } from "./read";
import { figure } from "./scale";
import { corners, type Point, thinned } from "./series";
import { colorOfPart, colorOfRun, colorOfStep } from "./style";

/** Stretches that a curve of many steps is drawn by. */
const STRETCHES = 120;

type StepKey = "loss" | "cm" | "limb" | "grad_norm";

const ofSteps = (run: RunRecord, key: StepKey): Point[] => run.steps.map((line) => [line.step, line[key]]);

function stepSeries(run: RunRecord, key: StepKey, name: string, color: string): Series {
  const { line, band } = thinned(ofSteps(run, key), STRETCHES);
  return { name, color, points: line, band };
}

const meansNote = (runs: readonly RunRecord[]): string | undefined => {
  const size = Math.ceil(Math.max(...runs.map((run) => run.steps.length)) / STRETCHES);
  return size > 1 ? `Each point is the mean of ${size} steps; the pale area is their range.` : undefined;
};

/** One run: the loss and its parts as they are weighted in it. */
export function lossParts(run: RunRecord): string {
  const { line } = thinned(
    run.steps.map((l) => [l.step, l.limb * l.limb_weight]),
    STRETCHES,
  );
  const parts: Series[] = [
    { ...stepSeries(run, "cm", "keypoints", "c7"), band: [] },
    { name: "limb masks × weight", color: "c4", points: line },
  ];
  return lineChart({
    title: "Training loss",
    x: { label: "step" },
    y: { label: "log scale", log: true },
    series: [
      stepSeries(run, "loss", "total", "c1"),
      ...(run.config.model === "NSRM" ? parts.filter(({ points }) => points.some(([, v]) => v > 0)) : []),
    ],
    note: meansNote([run]),
  });
}

export function trainingLoss(runs: readonly RunRecord[]): string {
  return lineChart({
    title: "Training loss",
    x: { label: "step" },
    y: { label: "log scale", log: true },
    series: runs.map((run, i) => ({ ...stepSeries(run, "loss", run.name, colorOfRun(i)), band: [] })),
    note: meansNote(runs)?.replace("; the pale area is their range", ""),
  });
}

export function validationLoss(runs: readonly RunRecord[]): string {
  const series = runs.map((run, i): Series => {
    return {
      name: runs.length === 1 ? "network" : run.name,
      color: colorOfRun(i),
      points: run.validations.map((line) => [line.step, line.loss]),
      marks: ([step, loss]) => `${figure(loss)} ${afterEpoch(run, step)}`,
    };
  });
  // Runs on the same data have the same constant maps.
  const constants = new Set(runs.flatMap((run) => run.validations.slice(-1).map((line) => line.constant_loss)));
  if (constants.size === 1) series.push(level("best constant maps", [...constants][0], runs));
  return lineChart({
    title: "Validation loss",
    x: { label: "step" },
    y: { label: "log scale", log: true },
    series,
    note: "Of the last stage's keypoint maps. Constant maps are the best that ignores the image.",
  });
}

const afterEpoch = (run: RunRecord, step: number): string =>
  `after epoch ${run.validations.find((line) => line.step === step)?.epoch}`;

/** A dashed line across all validations. */
function level(name: string, value: number, runs: readonly RunRecord[]): Series {
  const steps = runs.flatMap((run) => run.validations.map((line) => line.step));
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  return { name, color: "base", dashed: true, points: [...new Set([first, last])].map((step) => [step, value]) };
}

/** One run: validation PCK at every threshold, and the mean pose's at the one that selects. */
export function pckByStep(run: RunRecord): string {
  const { validations, config } = run;
  const thresholds = config.pck_thresholds.map(String);
  const selected = String(config.select_threshold);
  const series = thresholds.map(
    (t, i): Series => ({
      name: `@${t}`,
      color: colorOfStep(i, thresholds.length),
      points: validations.map((line) => [line.step, line.pck[t]]),
      marks: ([step, pck]) => `PCK ${figure(pck)} ${afterEpoch(run, step)}`,
    }),
  );
  const mean = validations.at(-1)?.mean_pose[selected];
  return lineChart({
    title: "Validation PCK",
    x: { label: "step" },
    y: { label: "share of correct keypoints", reach: [0] },
    series: [...series.reverse(), ...(mean === undefined ? [] : [level(`mean pose @${selected}`, mean, [run])])],
  });
}

export function pckOfRuns(runs: readonly RunRecord[], threshold: string): string {
  return lineChart({
    title: `Validation PCK@${threshold}`,
    x: { label: "step" },
    y: { label: "share of correct keypoints", reach: [0] },
    series: runs.map((run, i) => ({
      name: run.name,
      color: colorOfRun(i),
      points: run.validations.map((line) => [line.step, line.pck[threshold]]),
      marks: ([step, pck]) => `PCK ${figure(pck)} ${afterEpoch(run, step)}`,
    })),
  });
}

/** PCK over the threshold, of each run's test split where it has come to it, else of its last validation. */
export function pckByThreshold(runs: readonly RunRecord[]): string {
  const judged = runs.map((run) => run.test ?? run.valid);
  const series = runs.flatMap((run, i): Series[] => {
    const figures = judged[i];
    if (!figures) return [];
    return [{ name: runs.length === 1 ? "network" : run.name, color: colorOfRun(i), points: curveOf(figures) }];
  });
  const [first] = judged;
  if (runs.length === 1 && first) {
    const points = byThreshold(first.scores.meanPose.original);
    series.push({ name: "mean pose", color: "base", dashed: true, points });
  }
  const tested = judged.every((figures) => figures?.split === "test");
  return lineChart({
    title: tested ? "PCK by threshold, test split" : "PCK by threshold",
    x: { label: "threshold, as a share of the hand's box", reach: [0] },
    y: { label: "share of correct keypoints", reach: [0] },
    series,
    note: areas(runs, judged),
  });
}

const byThreshold = (pck: Record<string, number>): Point[] =>
  Object.entries(pck)
    .map(([t, value]): Point => [Number(t), value])
    .sort(([a], [b]) => a - b);

const curveOf = ({ accuracy, scores }: Figures): Point[] =>
  accuracy ? accuracy.thresholds.map((t, i) => [t, accuracy.original.pck[i]]) : byThreshold(scores.original.pck);

function areas(runs: readonly RunRecord[], judged: readonly (Figures | null)[]): string | undefined {
  if (runs.length !== 1 || !judged[0]?.accuracy) return undefined;
  const { original, all } = judged[0].accuracy;
  const errors = `mean error ${figure(all.epe.mean)} px, median ${figure(all.epe.median)} px`;
  return `Area under the curve ${figure(original.auc)}; visible joints: ${errors}.`;
}

function stepChart(title: string, runs: readonly RunRecord[], value: (run: RunRecord) => Point[], log = false): string {
  return lineChart({
    title,
    x: { label: "step" },
    y: { label: log ? "log scale" : "", log, reach: log ? [] : [0] },
    series: runs.map((run, i) => ({ name: run.name, color: colorOfRun(i), points: value(run) })),
  });
}

export function schedules(runs: readonly RunRecord[]): string[] {
  const still = (key: "lr" | "limb_weight") => (run: RunRecord) =>
    corners(run.steps.map((line): Point => [line.step, line[key]]));
  const nsrm = runs.some((run) => run.config.model === "NSRM");
  return [
    stepChart("Learning rate", runs, still("lr")),
    ...(nsrm ? [stepChart("Limb weight", runs, still("limb_weight"))] : []),
    stepChart("Gradient norm", runs, (run) => thinned(ofSteps(run, "grad_norm"), STRETCHES).line, true),
  ];
}

export const speedChart = (runs: readonly RunRecord[]): string => stepChart("Images per second", runs, speed);

/** Images over the time that they took, in stretches: a mean of speeds would favour the fast steps. */
function speed(run: RunRecord): Point[] {
  const images = thinned(
    run.steps.map((line) => [line.step, line.images]),
    STRETCHES,
  ).line;
  const ms = thinned(
    run.steps.map((line) => [line.step, line.ms]),
    STRETCHES,
  ).line;
  return images.map(([step, n], i) => [step, (1000 * n) / ms[i][1]]);
}

/** PCK of every joint at the threshold that selects. */
export function jointBars(run: RunRecord): string {
  const figures = run.test ?? run.valid;
  const threshold = String(run.config.select_threshold);
  const values = figures?.scores.original.perJoint[threshold] ?? [];
  const { joints, parts, partKind } = skeletonOf(run.config);
  const groups = parts.map((part, p) => ({
    name: part.name,
    bars: part.joints.map((j): Bar => {
      const value = values[j] ?? Number.NaN;
      return { value, color: colorOfPart(p), title: `${joints[j].name}: ${figure(value)}` };
    }),
  }));
  return barChart(`PCK@${threshold} by joint, ${figures?.split ?? "none yet"}`, groups, {
    note: `Each ${partKind} from base to tip.`,
  });
}
