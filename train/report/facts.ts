import { type Config, resolveConfig, skeletonOf } from "../config/index";
import { formatDuration } from "../files/node";
import { PHASES, type Phase } from "../record/node";
import { el, escapeText, table } from "./html";
import type { RunRecord } from "./read";
import { figure } from "./scale";
import { colorOfPart } from "./style";

/** What a run is, in a line: "NSRM, LPM G1 · width 0.125 · 96 px · batch 4 · synthetic". */
export function describe({ config }: RunRecord): string {
  const masks = config.model === "NSRM" ? `, ${config.limb_mask} ${config.limbc === 7 ? "G1&6" : "G1"}` : "";
  const data = config.dataset === "synthetic" ? "synthetic hands" : (config.data_root ?? "folder");
  const { width, image_size, batch_size, seed } = config;
  return [
    `${config.model}${masks}`,
    `width ${width}`,
    `${image_size} px`,
    `batch ${batch_size}`,
    `seed ${seed}`,
    data,
  ].join(" · ");
}

/** How far it got: "done: 400 steps, 4 epochs". */
export function progress({ steps, sessions }: RunRecord): string {
  const [last, session] = [steps.at(-1), sessions.at(-1)];
  if (!last) return "no step taken yet";
  const total = session?.total ?? last.step;
  const taken = last.step.toLocaleString("en");
  if (last.step < total) return `interrupted: ${taken} of ${total.toLocaleString("en")} steps, in epoch ${last.epoch}`;
  return `done: ${taken} steps, ${last.epoch} epoch${last.epoch === 1 ? "" : "s"}`;
}

/** The adapters that the run was trained on, in order. */
export const adaptersOf = ({ sessions }: RunRecord): string =>
  [...new Set(sessions.map(({ adapter }) => `${adapter.kind}: ${adapter.name}`))].join("; then ");

/** Milliseconds by phase, all sessions together. */
export function timeByPhase({ sessions }: RunRecord): [Phase, number][] {
  return PHASES.map((phase) => [phase, sessions.reduce((sum, { ms }) => sum + (ms[phase] ?? 0), 0)]);
}

export const totalMs = (run: RunRecord): number => timeByPhase(run).reduce((sum, [, ms]) => sum + ms, 0);

export function duration(ms: number): string {
  if (ms <= 0) return "–";
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : formatDuration(ms / 1000);
}

/** Where the time went: one bar of shares, and a table. */
export function timeSection(run: RunRecord): string {
  const phases = timeByPhase(run).filter(([, ms]) => ms > 0);
  const total = totalMs(run);
  if (total === 0) return el("p", {}, "No session of this run has ended in order, so none left its times.");
  const color = (phase: Phase) => `--c:var(--c${PHASES.indexOf(phase) + 1})`;
  const bar = phases.map(([phase, ms]) =>
    el("i", { style: `${color(phase)};flex:${Math.round(ms)}`, title: `${phase} ${duration(ms)}` }),
  );
  const rows = phases.map(([phase, ms]) => [
    el("i", { class: "key", style: color(phase) }) + phase,
    duration(ms),
    `${((100 * ms) / total).toFixed(1)}%`,
  ]);
  const stepMs = run.steps.map((line) => line.ms).sort((a, b) => a - b);
  const median = stepMs[Math.floor(stepMs.length / 2)];
  const sessions = run.sessions.length === 1 ? "one session" : `${run.sessions.length} sessions`;
  return el(
    "div",
    { class: "card wide" },
    el("div", { class: "shares" }, ...bar),
    table(["phase", "time", "share"], [...rows, ["all", duration(total), ""]]),
    el(
      "p",
      { class: "note" },
      escapeText(`${sessions}; a step took ${figure(median)} ms (median) on ${adaptersOf(run)}.`),
    ),
  );
}

/** Every setting; those that differ from the defaults stand out. */
export function settingsList({ config }: RunRecord): string {
  const { dataset, model, limbc, group } = config; // what the others must agree with
  const defaults = flatten(resolveConfig({ dataset, model, limbc, group }, "defaults").config);
  const items = [...flatten(config)].map(([key, value]) => {
    const set = value !== defaults.get(key) || ["dataset", "model", "limbc"].includes(key);
    return el(
      "div",
      { class: set ? "set" : undefined },
      el("dt", {}, escapeText(key)),
      el("dd", {}, escapeText(value)),
    );
  });
  return el("dl", { class: "settings" }, ...items);
}

/** Settings by dotted key, as JSON. */
export function flatten(config: Config | object, prefix = ""): Map<string, string> {
  const entries = Object.entries(config).flatMap(([key, value]): [string, string][] => {
    const nested = typeof value === "object" && value !== null && !Array.isArray(value);
    return nested ? [...flatten(value, `${prefix}${key}.`)] : [[prefix + key, JSON.stringify(value)]];
  });
  return new Map(entries);
}

/** PCK at every threshold of a run's splits beside the mean pose's. */
export function pckTable({ valid, test }: RunRecord): string {
  const splits = [valid, test].filter((figures) => figures !== null);
  const thresholds = Object.keys(splits[0]?.scores.original.pck ?? {});
  const row = (name: string, values: Record<string, number>, bold = false) => [
    escapeText(name),
    ...thresholds.map((t) => (bold ? el("b", {}, share(values[t])) : share(values[t]))),
  ];
  const rows = splits.flatMap(({ split, scores }) => [
    row(`${split}, as the original computes it`, scores.original.pck, true),
    row(`${split}, visible joints by tight box`, scores.visible.pck),
    row(`${split}, mean pose`, scores.meanPose.original),
  ]);
  return rows.length === 0 ? "" : table(["PCK at", ...thresholds], rows);
}

/** How well each part of the skeleton, each finger, is found: PCK at the threshold that selects, and how far visible joints are off. */
export function fingerTable({ valid, test, config }: RunRecord): string {
  const figures = test ?? valid;
  if (!figures?.accuracy) return "";
  const { fingers, all } = figures.accuracy;
  const joints = figures.scores.original.perJoint[String(config.select_threshold)];
  const { parts } = skeletonOf(config);
  const rows = fingers.map(({ name, epe, auc }, p) => {
    const own = (parts[p]?.joints ?? []).map((j) => joints[j]);
    const color = el("i", { class: "key", style: `--c:var(--${colorOfPart(p)})` });
    return [color + escapeText(name), share(meanOf(own)), px(epe.mean), px(epe.median), share(auc)];
  });
  const total = ["all joints", share(meanOf(joints)), px(all.epe.mean), px(all.epe.median), share(all.auc)];
  return table([figures.split, `PCK@${config.select_threshold}`, "error px", "median", "AUC"], [...rows, total]);
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const px = (value: number | null): string => (value === null ? "–" : value.toFixed(1));

/** A share in three decimals. */
export const share = (value: number | null | undefined): string =>
  value === null || value === undefined || Number.isNaN(value) ? "–" : value.toFixed(3);
