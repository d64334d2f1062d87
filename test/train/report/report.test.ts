import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { loadConfig } from "../../../train/config/load";
import { resolveConfig } from "../../../train/config/resolve";
import { apart, linePath } from "../../../train/report/chart";
import { settingsList } from "../../../train/report/facts";
import { spread } from "../../../train/report/pictures";
import type { RunRecord } from "../../../train/report/read";
import { figure, linearScale, logScale, tickLabel } from "../../../train/report/scale";
import { corners, thinned } from "../../../train/report/series";
import { writeReport } from "../../../train/report/write";

const test = suite("report");
const root = mkdtempSync(join(tmpdir(), "nsrm-report-"));
test.after(() => rmSync(root, { recursive: true }));

interface Made {
  name?: string;
  steps?: number;
  total?: number;
  /** Added to every PCK. */
  better?: number;
  config?: object;
}

const STEPS = 250;
/** 25 steps an epoch. */
const loss = (step: number) => 3 / Math.sqrt(step) + (step % 2) * 0.01;
const pckAt = (epoch: number, threshold: number, better = 0) => epoch * threshold * 0.3 + better;
const perJoint = (j: number) => j / 21;

/** A run's folder with known figures. */
async function makeRun(folder: string, { name = "made", steps = STEPS, total = STEPS, better = 0, config = {} }: Made) {
  const out = join(root, folder);
  mkdirSync(join(out, "samples"), { recursive: true });
  mkdirSync(join(out, "worst"));
  const write = (file: string, content: unknown) => writeFileSync(join(out, file), JSON.stringify(content));
  const lines = (file: string, list: unknown[]) =>
    writeFileSync(join(out, file), list.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const thresholds = [0.1, 0.2];
  const settings = { name, dataset: "synthetic", pck_thresholds: thresholds, select_threshold: 0.2, ...config };
  write("config.json", resolveConfig(settings, "test").config);
  const all = Array.from({ length: steps }, (_, i) => i + 1);
  const step = (n: number) => ({
    step: n,
    epoch: Math.ceil(n / 25),
    loss: loss(n),
    cm: loss(n) / 2,
    limb: loss(n),
    g1: 1,
    g6: 0,
  });
  lines(
    "metrics.jsonl",
    all.map((n) => ({ ...step(n), lr: n < 100 ? 1e-3 : 5e-4, limb_weight: 0.5, grad_norm: 2, ms: 100, images: 4 })),
  );
  const pck = (epoch: number) => Object.fromEntries(thresholds.map((t) => [t, pckAt(epoch, t, better)]));
  const mean_pose = { "0.1": 0.05, "0.2": 0.125 };
  const evaluations = all
    .filter((n) => n % 25 === 0)
    .map((n) => ({ step: n, epoch: n / 25, split: "valid", images: 9 }));
  lines(
    "evaluations.jsonl",
    evaluations.map((e) => ({
      ...e,
      loss: 1 / e.epoch,
      constant_loss: 0.3,
      pck: pck(e.epoch),
      visible: {},
      mean_pose,
    })),
  );
  const ms = { start: 1000, steps: 60_000, validation: 3000, checkpoints: 500, test: 500, pictures: 0 };
  const adapter = { kind: "lavapipe", name: "llvmpipe" };
  const session = { step: steps, from_step: 0, total, started: "s", ended: "e", adapter, parameters: 603_514, ms };
  lines("sessions.jsonl", [session]);
  for (const split of ["valid", "test"]) {
    const joints = Object.fromEntries(thresholds.map((t) => [t, Array.from({ length: 21 }, (_, j) => perJoint(j))]));
    const original = { pck: pck(10), perJoint: joints };
    const scores = { original, visible: original, meanPose: { original: mean_pose, visible: mean_pose } };
    write(`${split}_pck.json`, { epoch: 10, step: 250, split, images: 9, loss: 0.1, constantLoss: 0.3, scores });
  }
  const png = await sharp({ create: { width: 30, height: 20, channels: 3, background: "#884422" } })
    .png()
    .toBuffer();
  for (let epoch = 1; epoch <= 10; epoch++) {
    writeFileSync(join(out, "samples", `epoch_${String(epoch).padStart(3, "0")}.png`), png);
  }
  writeFileSync(join(out, "worst", "01.png"), png);
  write("worst/index.json", [{ file: "01.png", name: "<img>.jpg", split: "test", error: 0.42 }]);
  writeFileSync(join(out, "train.log"), "a line with <angle> & more\n");
  return out;
}

async function reportOf(...folders: string[]): Promise<string> {
  const path = join(root, "report.html");
  await writeReport(folders, path);
  return readFileSync(path, "utf8");
}

/** A chart of the page, by its title. */
const chart = (html: string, title: string): string => {
  const svg = html.match(/<svg.*?<\/svg>/gs)!.find((s) => s.includes(`aria-label="${title}"`));
  assert.ok(svg, `there is a chart "${title}"`);
  return svg;
};

/** Pixels to values, worked out from two of an axis' own labels: what a reader would do with a ruler. */
function ruler(svg: string, axis: "x" | "y", log = false): (pixel: number) => number {
  const anchor = axis === "x" ? "middle" : "end";
  const texts = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]+)</g)];
  const ticks = texts
    .filter(([, , , where]) => where === anchor)
    .map(([, x, y, , label]) => {
      const value = Number(label.replace("k", "e3").replaceAll(",", ""));
      return [Number(axis === "x" ? x : y) - (axis === "x" ? 0 : 3.5), log ? Math.log(value) : value];
    });
  const [[p0, v0], [p1, v1]] = [ticks[0], ticks.at(-1)!];
  return (pixel) => {
    const value = v0 + ((pixel - p0) / (p1 - p0)) * (v1 - v0);
    return log ? Math.exp(value) : value;
  };
}

const curves = (svg: string): [number, number][][] =>
  [...svg.matchAll(/<path class="line[^>]* d="([^"]+)"/g)].map(([, d]) =>
    d
      .slice(1)
      .split("L")
      .map((pair) => pair.split(",").map(Number) as [number, number]),
  );

const near = (got: number, want: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(got - want) <= tolerance, `${what}: ${got}, expected ${want}`);

test("curves lie where their figures are, read off by the axes' own labels", async () => {
  const html = await reportOf(await makeRun("curves", {}));
  const pck = chart(html, "Validation PCK");
  const [x, y] = [ruler(pck, "x"), ruler(pck, "y")];
  const [at20, at10, mean] = curves(pck);
  assert.is(at20.length, 10);
  for (const [i, [px, py]] of at20.entries()) {
    near(x(px), 25 * (i + 1), 0.5, `step of validation ${i}`);
    near(y(py), pckAt(i + 1, 0.2), 0.003, `PCK@0.2 of validation ${i}`);
    near(y(at10[i][1]), pckAt(i + 1, 0.1), 0.003, `PCK@0.1 of validation ${i}`);
  }
  near(y(mean[0][1]), 0.125, 0.003, "the mean pose's level");

  const training = chart(html, "Training loss");
  const [sx, sy] = [ruler(training, "x"), ruler(training, "y", true)];
  const [total, keypoints, limbs] = curves(training);
  assert.is(total.length, 84); // 250 steps by threes
  for (const i of [0, 1, 40, 82]) {
    const steps = [3 * i + 1, 3 * i + 2, 3 * i + 3];
    const wanted = steps.reduce((sum, n) => sum + loss(n) / 3, 0);
    near(sx(total[i][0]), 3 * i + 2, 0.5, `step ${i}`);
    near(sy(total[i][1]) / wanted, 1, 0.006, `loss ${i}`);
    near(sy(keypoints[i][1]) / wanted, 0.5, 0.004, `keypoint loss ${i}`);
    near(sy(limbs[i][1]) / wanted, 0.5, 0.004, `weighted limb loss ${i}`);
  }
  const valid = chart(html, "Validation loss");
  const vy = ruler(valid, "y", true);
  const [losses, constant] = curves(valid);
  for (const [i, [, py]] of losses.entries()) near(vy(py) * (i + 1), 1, 0.01, `validation loss ${i}`);
  near(vy(constant[0][1]), 0.3, 0.003, "constant maps");

  const lr = chart(html, "Learning rate");
  assert.equal(
    curves(lr)[0].map(([px]) => Math.round(ruler(lr, "x")(px))),
    [1, 99, 100, 250],
  );
  near(
    ruler(chart(html, "Images per second"), "y")(curves(chart(html, "Images per second"))[0][5][1]),
    40,
    0.3,
    "speed",
  );
});

test("bars are as high as their joints' PCK", async () => {
  const svg = chart(await reportOf(await makeRun("bars", {})), "PCK@0.2 by joint, test");
  const y = ruler(svg, "y");
  const bars = [...svg.matchAll(/<rect class="bar"[^>]* y="([\d.]+)" [^>]*height="([\d.]+)"[^>]*><title>([^<]+)</g)];
  assert.is(bars.length, 21);
  for (const [j, [, top, height, title]] of bars.entries()) {
    near(y(Number(top)), Math.max(perJoint(j), 0.004), 0.005, title);
    near(Number(top) + Number(height), 198, 0.11, "the ground");
  }
  assert.is(bars[4][3], "thumb tip: 0.19");
});

test("the page stands alone, and says what was reached", async () => {
  const out = await makeRun("alone", { name: `<b>"bold" & co</b>` });
  await writeReport([out], join(out, "report.html"));
  const html = readFileSync(join(out, "report.html"), "utf8");
  assert.not.match(html, /<script|<link|<iframe|https?:|url\(|@import/);
  const sources = [...html.matchAll(/(?:src|href)="([^"]{0,40})/g)].map(([, source]) => source);
  assert.ok(sources.length > 0 && sources.every((source) => source.startsWith("data:image/webp;base64,")));
  assert.match(html, "&lt;b&gt;&quot;bold&quot; &amp; co&lt;/b&gt;");
  assert.not.match(html, "<b>&quot;");
  assert.match(html, "a line with &lt;angle&gt; &amp; more");
  assert.match(html, "&lt;img&gt;.jpg · off by 42% of the hand");
  assert.match(html, /<b>0\.600<\/b><span>PCK@0\.2, test/);
  assert.match(html, /<b>0\.125<\/b><span>PCK of the constant mean pose/);
  assert.match(html, /<b>604k<\/b><span>parameters/);
  assert.match(html, /<b>1m 05s<\/b><span>on lavapipe/);
  assert.match(html, "done: 250 steps, 10 epochs");
  assert.match(html, /steps<\/th><td>1m 00s<\/td><td>92\.3%/);
  // Eight of ten epochs, first and last among them.
  const epochs = [...html.matchAll(/<label for="epoch-(\d+)"/g)].map(([, epoch]) => Number(epoch));
  assert.equal([epochs.length, epochs[0], epochs.at(-1)], [8, 1, 10]);
  assert.match(html, /id="epoch-10" checked="checked"/);
  // Every element that is opened is closed.
  for (const tag of ["div", "section", "figure", "svg", "table", "text", "ul", "details", "p"]) {
    const count = (pattern: string) => html.match(new RegExp(pattern, "g"))?.length ?? 0;
    assert.is(count(`<${tag}[ >]`), count(`</${tag}>`), tag);
  }
});

test("an interrupted run, and one that has hardly begun, have their page too", async () => {
  const half = await makeRun("half", { steps: 60, total: 500 });
  for (const file of ["test_pck.json", "worst/index.json"]) rmSync(join(half, file));
  const html = await reportOf(half);
  assert.match(html, "interrupted: 60 of 500 steps, in epoch 3");
  assert.match(html, /PCK@0\.2, valid/);
  assert.not.match(html, "Where it is worst");

  const bare = join(root, "bare");
  mkdirSync(bare);
  writeFileSync(join(bare, "config.json"), JSON.stringify({ dataset: "synthetic" }));
  const empty = await reportOf(bare);
  assert.match(empty, "no step taken yet");
  assert.match(empty, "nothing to show yet");
  assert.not.match(empty, /NaN|undefined|Infinity/);
  assert.not.match(html, /NaN|undefined|Infinity/);
});

test("several runs stand side by side", async () => {
  const a = await makeRun("first", {});
  const b = await makeRun("second", { better: 0.1, config: { augment: { rotation: 30 } } });
  const html = await reportOf(a, b);
  assert.match(html, "2 runs compared");
  // Both are called "made": told apart by their folders. The better one stands out.
  assert.match(html, /first<\/th><td>0\.300<\/td><td>0\.600<\/td><td>0\.125 @0\.2/);
  assert.match(html, /second<\/th><td><b>0\.400<\/b><\/td><td><b>0\.700<\/b>/);
  assert.match(html, /augment\.rotation<\/th><td>0<\/td><td>30<\/td>/);
  assert.not.match(html, /<th scope="row">batch_size/);
  const pck = chart(html, "Validation PCK@0.2");
  const y = ruler(pck, "y");
  const [first, second] = curves(pck);
  near(y(first[9][1]), 0.6, 0.003, "first");
  near(y(second[9][1]), 0.7, 0.003, "second");
  assert.not.match(html, /NaN|undefined|Infinity/);
});

test("a folder that no run left is refused in one line", async () => {
  for (const folder of [join(root, "nowhere"), root]) {
    let error: unknown;
    await writeReport([folder], join(root, "x.html")).catch((e) => (error = e));
    assert.instance(error, UserError);
    assert.match((error as Error).message, folder);
    assert.not.match((error as Error).message, /\n/);
  }
});

test("scales: round ticks within the domain", () => {
  const even = linearScale([0.03, 0.47], [100, 0]);
  assert.equal(
    [even.domain, even.ticks],
    [
      [0, 0.5],
      [0, 0.1, 0.2, 0.3, 0.4, 0.5],
    ],
  );
  assert.equal([even(0), even(0.25), even(0.5)], [100, 50, 0]);
  const steps = linearScale([1, 1234], [0, 100], { round: false });
  assert.equal(
    [steps.domain, steps.ticks],
    [
      [1, 1234],
      [500, 1000],
    ],
  );
  assert.equal(linearScale([5, 5], [0, 1]).domain, [0, 8]);
  assert.equal(linearScale([0, 0], [0, 1]).domain, [0, 1]);
  const log = logScale([0.3, 40], [0, 3]);
  assert.equal(
    [log.domain, log.ticks],
    [
      [0.2, 50],
      [0.3, 1, 3, 10, 30],
    ],
  );
  near(log(Math.sqrt(0.2 * 50)), 1.5, 1e-12, "half-way");
  assert.equal(logScale([1, 1], [0, 1]).domain, [1, 2]);
  assert.equal(logScale([1e-7, 2], [0, 1]).ticks.slice(0, 3), [1e-7, 1e-6, 1e-5]);
  assert.equal([0, 0.05, 2000, 15_000, 1e-5, 0.30000000000000004].map(tickLabel), [
    "0",
    "0.05",
    "2,000",
    "15k",
    "1e-5",
    "0.3",
  ]);
  assert.equal([0.12345, 1234.5, 6e-4, 1e6, Number.NaN].map(figure), ["0.123", "1,235", "6e-4", "1e6", "–"]);
});

test("curves are thinned by means, still ones to their corners", () => {
  const points = Array.from({ length: 10 }, (_, i) => [i, i === 4 ? Number.NaN : 2 * i] as const);
  const { line, band } = thinned(points, 4);
  // Nine good points by threes: steps 0 1 2, 3 5 6, 7 8 9.
  assert.equal(line, [
    [1, 2],
    [14 / 3, 28 / 3],
    [8, 16],
  ]);
  assert.equal(band[0], [1, 0, 4]);
  assert.equal(thinned(points.slice(0, 3), 4).line, [
    [0, 0],
    [1, 2],
    [2, 4],
  ]);
  assert.equal(
    corners([
      [1, 5],
      [2, 5],
      [3, 5],
      [4, 1],
      [5, 1],
      [6, 1],
    ]),
    [
      [1, 5],
      [3, 5],
      [4, 1],
      [6, 1],
    ],
  );
  assert.equal(spread([1, 2, 3, 4, 5, 6, 7], 3), [1, 4, 7]);
  assert.equal(spread([1, 2], 3), [1, 2]);
  assert.is(
    linePath(
      [
        [1, 2],
        [3, 4.26],
      ],
      (v) => v,
      (v) => v,
    ),
    "M1,2L3,4.3",
  );
});

test("values beside a chart keep apart and within it", () => {
  assert.equal(apart([10, 50], 12, [0, 100]), [10, 50]);
  assert.equal(apart([10, 12, 13], 12, [0, 100]), [10, 22, 34]);
  assert.equal(apart([95, 96, 97], 12, [0, 100]), [76, 88, 100]);
});

test("the settings of every experiment in configs/ can be listed", () => {
  for (const file of readdirSync("configs")) {
    const { config } = loadConfig(join("configs", file));
    assert.match(settingsList({ config } as RunRecord), /learning_rate/, file);
  }
});

test.run();
