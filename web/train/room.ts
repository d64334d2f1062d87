import type { Checkpoint } from "../../train/files/index";
import { figure, type Point } from "../../train/report/index";
import type { Evaluation } from "../../train/score/index";
import type { StepLine } from "../../train/step/index";
import { Busy, type Page, type Room, readBytes, Turns } from "../shell/index";
import { button, download, filePicker, h, LineChart, Message } from "../ui/index";
import { checkpointFile, readCheckpoint } from "./checkpoint";
import { HELD_OUT, Session } from "./session";
import { Trials } from "./trials";

/** What Node calls the checkpoint that it goes on from. */
const LAST = "last.safetensors";

/** The charts are drawn at most so often, in milliseconds. */
const REDRAW = 300;

/** The quickstart's training, in this tab. */
export function trainRoom(page: Page): Room {
  const message = new Message();
  const figures = {
    step: h("dd", {}, "–"),
    loss: h("dd", {}, "–"),
    pck: h("dd", {}, "–"),
    speed: h("dd", {}, "–"),
  };
  const losses = new LineChart();
  const scores = new LineChart();
  const trials = new Trials();
  let session: Session | null = null;
  let lines: StepLine[] = [];
  let pck: { ours: Point[]; meanPose: Point[] } = { ours: [], meanPose: [] };
  let drawnAt = 0;
  /** Sessions are opened one after another; meanwhile nothing is begun. */
  const opens = new Turns();
  let opening = 0;
  /** From Train until the first step has been taken, and from Pause until the last has. */
  let [preparing, pausing] = [false, false];

  const draw = (always = true) => {
    if (!always && performance.now() - drawnAt < REDRAW) return;
    drawnAt = performance.now();
    losses.draw({
      title: "Loss",
      xLabel: "step",
      log: true,
      curves: [{ name: "loss", color: 1, points: lines.map(({ step, loss }) => [step, loss]) }],
    });
    scores.draw({
      title: `PCK@${threshold()} of ${HELD_OUT} held-out hands`,
      xLabel: "step",
      reach: [0, 1],
      curves: [
        { name: "the network", color: 1, points: pck.ours },
        { name: "constant mean pose", color: 3, points: pck.meanPose, dashed: true },
      ],
    });
  };
  const progress = (step: number) => (session && step <= session.total ? `${step} of ${session.total}` : String(step));
  const threshold = () => session?.config.select_threshold ?? 0.2;

  const events = {
    step(line: StepLine) {
      lines.push(line);
      figures.step.textContent = progress(line.step);
      figures.loss.textContent = figure(line.loss);
      const lately = lines.slice(-8);
      const ms = lately.reduce((sum, l) => sum + l.ms, 0);
      figures.speed.textContent = figure((1000 * lately.reduce((sum, l) => sum + l.images, 0)) / ms);
      if (preparing) message.say("training");
      preparing = false;
      draw(false);
    },
    trial(result: Evaluation, step: number) {
      const { original, meanPose } = result.scores;
      const ours = original.pck[String(threshold())];
      pck.ours.push([step, ours]);
      pck.meanPose.push([step, meanPose.original[String(threshold())]]);
      figures.pck.textContent = ours.toFixed(3);
      trials.show(result);
      draw();
    },
  };

  /** Begins anew, or goes on from a checkpoint. */
  const open = async (from?: { checkpoint: Checkpoint; name: string }) => {
    const opened = await Session.open(page.gpu, page.turns, events, from);
    page.training = null;
    await session?.dispose();
    session = opened;
    lines = [];
    pck = { ours: [], meanPose: [] };
    for (const place of Object.values(figures)) place.textContent = "–";
    figures.step.textContent = progress(opened.step);
    await trials.open(page, opened.dataset);
    const { network } = opened.learner;
    page.training = { name: "the network in training", network, config: opened.config, imported: false };
    draw();
  };
  /** Does what ends in another session, in its turn. */
  const changing = (work: () => Promise<void>) =>
    busy.during(async () => {
      opening++;
      refresh();
      await message.during(() => opens.take(work));
      opening--;
      refresh();
    });
  const run = async () => {
    if (session?.running) {
      session.pause();
      pausing = true;
      message.say("pausing after the steps under way");
      refresh();
      return;
    }
    await message.during(async () => {
      preparing = true;
      message.say("preparing: the kernels are compiled");
      if (!session) await changing(() => open());
      if (!session) return; // it has been said why
      const mine: Session = session;
      const running = mine.run();
      refresh();
      await running;
      if (session !== mine) return; // a checkpoint has taken its place
      message.say(mine.step === mine.total ? `done: ${mine.step} steps` : `paused at step ${mine.step}`);
    });
    pausing = false;
    draw();
    refresh();
  };
  const save = () =>
    message.during(async () => {
      const checkpoint = await session!.checkpoint();
      download(LAST, [await checkpointFile(checkpoint)]);
      const goingOn = `nsrm train ${session!.config.name} --resume --out FOLDER`;
      message.say(`saved step ${checkpoint.step}: put it into a folder as ${LAST}, and ${goingOn} goes on`);
    });
  const load = (file: File) =>
    changing(async () => {
      message.say(`reading ${file.name}`);
      const checkpoint = await readCheckpoint(file.name, await readBytes(file));
      await open({ checkpoint, name: file.name });
      message.say(`${file.name}: at step ${checkpoint.step}, ready to go on`);
    });

  const going = button("Train", run, "primary");
  const saving = button("Download the checkpoint", save);
  const logging = button("Save the log", () =>
    download("metrics.jsonl", [lines.map((line) => `${JSON.stringify(line)}\n`).join("")], "application/x-ndjson"),
  );
  const picking = filePicker("Go on from a checkpoint", ".safetensors", load, "made here, or by npm start");
  const refresh = () => {
    const running = session?.running ?? false;
    going.textContent = running ? "Pause" : session && session.step > 0 ? "Go on" : "Train";
    going.disabled = opening > 0 || pausing;
    saving.disabled = logging.disabled = !session || opening > 0;
  };
  refresh();
  draw();

  const entry = (name: string, value: HTMLElement) => h("div", {}, h("dt", {}, name), value);
  const element = h(
    "section",
    { class: "room train" },
    h("h1", {}, "Train"),
    h(
      "p",
      { class: "lead" },
      "The quickstart's network learns in this tab, on hands that a kernel draws as they are needed. It goes on while you are in another room.",
    ),
    h(
      "div",
      { class: "panel run" },
      h(
        "dl",
        {},
        entry("step", figures.step),
        entry("loss", figures.loss),
        entry("PCK", figures.pck),
        entry("images a second", figures.speed),
      ),
      h("div", { class: "actions" }, going, saving, logging),
      message.element,
      picking,
    ),
    h("div", { class: "charts" }, losses.element, scores.element),
    h(
      "section",
      {},
      h("h2", {}, "Hands that it has never seen"),
      h("p", { class: "hint" }, "In colour where the network sees the joints, in white where they are."),
      trials.element,
    ),
  );
  const busy = new Busy(element);
  return { element };
}
