import { card } from "./chart";
import { jointBars, lossParts, pckByStep, pckByThreshold, schedules, speedChart, validationLoss } from "./curves";
import {
  adaptersOf,
  describe,
  duration,
  fingerTable,
  pckTable,
  progress,
  settingsList,
  share,
  timeSection,
  totalMs,
} from "./facts";
import { el, escapeText, section } from "./html";
import { masksPicture, sampleTabs, worstCases } from "./pictures";
import type { RunRecord } from "./read";
import { figure } from "./scale";
import { STYLE } from "./style";

/** Lines of the log that the page keeps. */
const LOG_LINES = 300;

/** A whole page that needs nothing but itself: no script, no font, no picture from elsewhere. */
export function page(title: string, ...body: string[]): string {
  const head = [
    el("meta", { charset: "utf-8" }),
    el("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    el("title", {}, escapeText(title)),
    el("style", {}, STYLE),
  ];
  return `<!doctype html>\n${el("html", { lang: "en" }, el("head", {}, ...head), el("body", {}, el("main", {}, ...body)))}\n`;
}

/** The report of one run. */
export async function runPage(run: RunRecord): Promise<string> {
  const log = run.log.trimEnd().split("\n").slice(-LOG_LINES).join("\n");
  return page(
    `${run.name} · training report`,
    el(
      "header",
      {},
      el("h1", {}, escapeText(run.name)),
      el("p", {}, escapeText(`${describe(run)} · ${progress(run)}`)),
    ),
    tiles(run),
    section("How it learned", charts(lossParts(run), validationLoss([run]), pckByStep(run))),
    section("How good it is", charts(pckByThreshold([run]), jointBars(run), fingerCard(run)), scoresCard(run)),
    run.samples.length > 0
      ? section(
          "What it says of validation images, by epoch",
          el("p", {}, "Predicted and true skeleton, the largest of the keypoint maps, and the limb masks."),
          await sampleTabs(run),
        )
      : "",
    run.worst.length > 0
      ? section(
          `Where it is worst, ${run.worst[0].split} split`,
          el("p", {}, "The images with the largest mean error of their visible joints."),
          await worstCases(run),
        )
      : "",
    run.masks
      ? section(
          "What it is trained on",
          el("p", {}, escapeText(`The target maps of a training image. This run: ${describe(run).split(" · ")[0]}.`)),
          await masksPicture(run),
        )
      : "",
    section("Schedule", charts(...schedules([run]))),
    section("Where the time went", charts(timeSection(run), speedChart([run]))),
    section(
      "Settings and log",
      el(
        "details",
        {},
        el("summary", {}, "Settings (those that differ from the defaults stand out)"),
        settingsList(run),
      ),
      log ? el("details", {}, el("summary", {}, "Log"), el("pre", {}, escapeText(log))) : "",
    ),
    el("footer", {}, escapeText(`${run.folder} · ${run.sessions.at(-1)?.ended ?? ""}`)),
  );
}

export const charts = (...cards: string[]): string => el("div", { class: "charts" }, ...cards);

function fingerCard(run: RunRecord): string {
  const fingers = fingerTable(run);
  return fingers ? card("By finger", fingers, "Errors of visible joints, in pixels of the stored image.") : "";
}

function scoresCard(run: RunRecord): string {
  const scores = pckTable(run);
  return scores ? el("div", { class: "card", style: "margin-top:14px" }, scores) : "";
}

function tiles(run: RunRecord): string {
  const { config, test, valid, validations, sessions } = run;
  const t = String(config.select_threshold);
  const best = Math.max(...validations.map((line) => line.pck[t]));
  const judged = test ?? valid;
  const session = sessions.at(-1);
  const items: [value: string, meaning: string][] = [
    [share(judged?.scores.original.pck[t]), `PCK@${t}, ${judged?.split ?? "not judged yet"}`],
    [share(judged?.scores.meanPose.original[t]), "PCK of the constant mean pose"],
    [validations.length > 0 ? share(best) : "–", `best validation PCK@${t}`],
    [
      judged ? figure(judged.loss) : "–",
      `loss, ${judged ? `constant maps ${figure(judged.constantLoss)}` : "none yet"}`,
    ],
    [session ? figureOfCount(session.parameters) : "–", "parameters"],
    [duration(totalMs(run)), `on ${session?.adapter.kind ?? "an unknown adapter"}`],
  ];
  const drawn = items.map(([value, meaning], i) =>
    el("div", { class: i === 0 ? "tile first" : "tile" }, el("b", {}, value), el("span", {}, escapeText(meaning))),
  );
  return el("div", { class: "tiles", title: adaptersOf(run) }, ...drawn);
}

/** 603,514 as 604k, 36,600,000 as 36.6M. */
export function figureOfCount(count: number): string {
  if (count >= 1e6) return `${figure(count / 1e6)}M`;
  return count >= 1e4 ? `${figure(count / 1e3)}k` : count.toLocaleString("en");
}
