import { skeletonOf } from "../config/index";
import { type Bar, barChart, legend } from "./chart";
import { pckByThreshold, pckOfRuns, schedules, speedChart, trainingLoss, validationLoss } from "./curves";
import { describe, duration, flatten, progress, share, totalMs } from "./facts";
import { el, escapeText, section, table } from "./html";
import { charts, page } from "./page";
import type { RunRecord } from "./read";
import { figure } from "./scale";
import { colorOfRun } from "./style";

/** The report of several runs, side by side. */
export function comparePage(runs: readonly RunRecord[]): string {
  const threshold = commonThreshold(runs);
  return page(
    `${runs.length} runs compared`,
    el(
      "header",
      {},
      el("h1", {}, `${runs.length} runs compared`),
      el("p", {}, escapeText(runs.map((run) => run.name).join(" · "))),
    ),
    section("Results", el("div", { class: "card" }, resultsTable(runs))),
    section(
      "Curves",
      charts(
        trainingLoss(runs),
        validationLoss(runs),
        ...(threshold === null ? [] : [pckOfRuns(runs, threshold)]),
        pckByThreshold(runs),
        ...(threshold === null ? [] : [partBars(runs, threshold)]),
        speedChart(runs),
      ),
    ),
    section("Schedule", charts(...schedules(runs))),
    section("Settings that differ", el("div", { class: "card" }, differences(runs))),
    el("footer", {}, escapeText(runs.map((run) => run.folder).join(" · "))),
  );
}

/** The first run's own threshold where all runs have measured it, else the largest that they share; null for none. */
export function commonThreshold(runs: readonly RunRecord[]): string | null {
  const shared = runs[0].config.pck_thresholds.filter((t) =>
    runs.every(({ config }) => config.pck_thresholds.includes(t)),
  );
  const own = runs[0].config.select_threshold;
  const chosen = shared.includes(own) ? own : shared.at(-1);
  return chosen === undefined ? null : String(chosen);
}

const named = (run: RunRecord, index: number): string =>
  el("i", { class: "key", style: `--c:var(--${colorOfRun(index)})` }) + escapeText(run.name);

function resultsTable(runs: readonly RunRecord[]): string {
  const thresholds = [...new Set(runs.flatMap((run) => run.config.pck_thresholds))].sort((a, b) => a - b).map(String);
  const judged = runs.map((run) => run.test ?? run.valid);
  const best = new Map(
    thresholds.map((t) => [t, Math.max(...judged.map((figures) => figures?.scores.original.pck[t] ?? -1))]),
  );
  const rows = runs.map((run, i) => {
    const figures = judged[i];
    const pck = thresholds.map((t) => {
      const value = figures?.scores.original.pck[t];
      return runs.length > 1 && value === best.get(t) ? el("b", {}, share(value)) : share(value);
    });
    const own = String(run.config.select_threshold);
    return [
      named(run, i),
      ...pck,
      `${share(figures?.scores.meanPose.original[own])} @${own}`,
      figures ? figure(figures.loss) : "–",
      figures?.split ?? "–",
      duration(totalMs(run)),
    ];
  });
  const heading = ["run", ...thresholds.map((t) => `PCK@${t}`), "mean pose", "loss", "split", "time"];
  const notes = runs.map((run, i) => el("div", {}, named(run, i), escapeText(`: ${describe(run)} · ${progress(run)}`)));
  return table(heading, rows) + el("div", { class: "note" }, ...notes);
}

/** PCK of the skeleton's parts, a hand's wrist and fingers, a bar a run. */
function partBars(runs: readonly RunRecord[], threshold: string): string {
  const { parts, partKind } = skeletonOf(runs[0].config);
  const groups = parts.map(({ name, joints }) => ({
    name,
    bars: runs.map((run, i): Bar => {
      const perJoint = (run.test ?? run.valid)?.scores.original.perJoint[threshold] ?? [];
      const own = joints.map((j) => perJoint[j] ?? Number.NaN);
      const value = own.reduce((sum, pck) => sum + pck, 0) / own.length;
      return { value, color: colorOfRun(i), title: `${run.name}, ${name}: ${figure(value)}` };
    }),
  }));
  const key = legend(runs.map((run, i) => ({ name: run.name, color: colorOfRun(i) })));
  return barChart(`PCK@${threshold} by ${partKind}`, groups, { key });
}

/** The settings that are not the same in all runs. */
function differences(runs: readonly RunRecord[]): string {
  const settings = runs.map((run) => flatten(run.config));
  const all = [...new Set(settings.flatMap((of) => [...of.keys()]))];
  const keys = all.filter((key) => new Set(settings.map((of) => of.get(key))).size > 1);
  if (keys.length === 0) return el("p", { class: "note" }, "None.");
  return table(
    ["setting", ...runs.map((run, i) => named(run, i))],
    keys.map((key) => [escapeText(key), ...settings.map((of) => escapeText(of.get(key) ?? "–"))]),
  );
}
