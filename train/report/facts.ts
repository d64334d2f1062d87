import { type Config, resolveConfig } from "../config";
import { formatDuration } from "../files/progress";
import { PHASES, type Phase } from "../run/journal";
import { el, escapeText, table } from "./html";
import type { RunRecord } from "./read";
import { figure } from "./scale";

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

/** How far it got: "done: 400 steps in 4 epochs". */
export function progress({ steps, sessions }: RunRecord): string {
  const [last, session] = [steps.at(-1), sessions.at(-1)];
  if (!last) return "no step taken yet";
  const total = session?.total ?? last.step;
  const taken = `${last.step.toLocaleString("en")} steps, ${last.epoch} epoch${last.epoch === 1 ? "" : "s"}`;
  return last.step < total ? `interrupted: ${taken} of ${total.toLocaleString("en")} steps` : `done: ${taken}`;
}

/** The adapters that the run was trained on, in order. */
export const adaptersOf = ({ sessions }: RunRecord): string =>
  [...new Set(sessions.map(({ adapter }) => `${adapter.kind}: ${adapter.name}`))].join("; then ");

/** Milliseconds by phase, all sessions together. */
export function timeByPhase({ sessions }: RunRecord): [Phase, number][] {
  return PHASES.map((phase) => [phase, sessions.reduce((sum, { ms }) => sum + (ms[phase] ?? 0), 0)]);
}

export const totalMs = (run: RunRecord): number => timeByPhase(run).reduce((sum, [, ms]) => sum + ms, 0);

export const duration = (ms: number): string => (ms > 0 ? formatDuration(ms / 1000) : "–");

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
    { class: "card" },
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
  const defaults = resolveConfig({ dataset: config.dataset }, "defaults").config;
  const items = Object.keys(config).map((key) => {
    const [value, usual] = [config, defaults].map((c) => JSON.stringify(c[key as keyof Config]));
    const set = value !== usual || key === "dataset";
    return el(
      "div",
      { class: set ? "set" : undefined },
      el("dt", {}, escapeText(key)),
      el("dd", {}, escapeText(value)),
    );
  });
  return el("dl", { class: "settings" }, ...items);
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

/** A share in three decimals. */
export const share = (value: number | null | undefined): string =>
  value === null || value === undefined || Number.isNaN(value) ? "–" : value.toFixed(3);
