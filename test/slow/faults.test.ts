// Runs that are killed, whose disks fill up, whose files are damaged: each must end with the bits of one that was left in
// peace, or with one clear line. Takes five to fifteen minutes, so it runs only when asked for: NSRM_FULL=1 npm test -- faults
// It writes its table into docs/reliability.md.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  watch,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../engine/errors/errors";
import { loadCheckpoint } from "../../train/files/checkpoint";
import { type TrainResult, train } from "../../train/run/train";
import { Campaign, type Outcome, replaceBetween } from "../helpers/campaign";
import { damaged, generator } from "../helpers/damage";
import { testGpu } from "../helpers/gpu";
import { outcome } from "../helpers/outcome";
import { faultOf, type Process, pause, start, within } from "../helpers/spawned";
import { tinyConfig, writeDataset } from "../helpers/tiny";

const test = suite("faults");
const campaign = new Campaign();
const random = generator(20_261_128);
const home = mkdtempSync(join(tmpdir(), "nsrm-faults-"));
chmodSync(home, 0o755); // one of the runs is another user's
const at = (...names: string[]) => join(home, ...names);
const data = at("data");

/** 3 steps an epoch. */
const STEPS = 36;
const settings = { epochs: STEPS / 3, checkpoint_every: 2, validate_every: 1, samples: 1 };
const config = (changes: object = {}) => tinyConfig({ ...settings, ...changes });
const file = at("tiny.json");

const trainHere = async (out: string, changes: object = {}, folder = data): Promise<TrainResult> =>
  train({ gpu: await testGpu(), config: config(changes), data: folder, out, silent: true, resume: true });

test.before(async () => {
  await writeDataset(data, [5, 4, 2]);
  writeFileSync(file, JSON.stringify(config()));
  await unheard(() => trainHere(at("whole")));
});
test.after(() => rmSync(home, { recursive: true, force: true }));

/** Warnings on stderr are expected here by the hundred. */
async function unheard<T>(body: () => Promise<T>): Promise<T> {
  const { write } = process.stderr;
  process.stderr.write = (() => true) as typeof write;
  try {
    return await body();
  } finally {
    process.stderr.write = write;
  }
}

const running = (out: string) => `$NSRM train ${file} --data ${data} --out ${out} --resume`;

const bitsOf = (out: string) => outcome(out).last.bits;

/** Takes a run to its end, here, and compares it with the one that was left in peace. */
async function finish(out: string): Promise<{ outcome: Outcome; detail: string }> {
  try {
    const result = await within(unheard(() => trainHere(out)));
    if (result === "hung") return { outcome: "hung", detail: out };
    assert.equal(outcome(out), outcome(at("whole")));
    return { outcome: "identical", detail: "" };
  } catch (error) {
    return { outcome: "lost", detail: String((error as Error).message).slice(0, 500) };
  }
}

// ---- Kills -----------------------------------------------------------------------------------------------------------

const steps = (out: string): number =>
  existsSync(join(out, "metrics.jsonl")) ? readFileSync(join(out, "metrics.jsonl"), "utf8").split("\n").length - 1 : 0;

/** Waits until a file of the run's folder whose name begins so is made or replaced. */
function fileSeen(out: string, beginning: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(out, (_, name) => {
      if (!name?.startsWith(beginning)) return;
      watcher.close();
      resolve();
    });
  });
}

type Moment = (out: string) => Promise<void>;

/** Any moment of a step after the next. */
const stepping: Moment = async (out) => {
  const more = steps(out) + 2 + random(3);
  while (steps(out) < more) await pause(1);
  await pause(random(30));
};
/** A checkpoint is being written. */
const saving: Moment = async (out) => {
  await stepping(out);
  await fileSeen(out, ".last.safetensors.");
};
/** An epoch has been saved, and is validated. */
const validating: Moment = async (out) => {
  await stepping(out);
  do await fileSeen(out, "last.safetensors");
  while (!loadCheckpoint(join(out, "last.safetensors"), { weightsOnly: true }).validationDue);
  await pause(random(25));
};

type Blow = (process: Process) => Promise<void>;
const signal =
  (name: NodeJS.Signals): Blow =>
  async (process) =>
    process.kill(name);
const thenKill =
  (first: NodeJS.Signals, most: number): Blow =>
  async (process) => {
    process.kill(first);
    await pause(random(most));
    process.kill("SIGKILL");
  };

/** What is done, when, and how often to a run; and to how many runs. */
const KILLS: [fault: string, blow: Blow, moment: Moment][] = [
  ["KILL while training", signal("SIGKILL"), stepping],
  ["KILL while saving", signal("SIGKILL"), saving],
  ["KILL while validating", signal("SIGKILL"), validating],
  ["TERM while training", signal("SIGTERM"), stepping],
  ["TERM while validating", signal("SIGTERM"), validating],
  ["TERM, and KILL up to 200 ms later", thenKill("SIGTERM", 200), stepping],
  ["INT while saving", signal("SIGINT"), saving],
  ["HUP while training", signal("SIGHUP"), stepping],
];
const RUNS = 3;
const KILLS_A_RUN = 3;

/** Kills a run again and again. @returns what must not be, or null */
async function killRun(out: string, blow: Blow, moment: Moment): Promise<{ outcome: Outcome; detail: string } | null> {
  mkdirSync(out);
  for (let i = 0; i < KILLS_A_RUN; i++) {
    const child = start(`exec ${running(out)}`);
    await Promise.race([moment(out), child.ended]);
    await blow(child);
    const ended = await within(child.ended);
    if (ended === "hung") {
      child.kill("SIGKILL");
      return { outcome: "hung", detail: out };
    }
    const fault = faultOf(ended);
    if (fault) return fault;
  }
  return null;
}

test("killed at any moment", async () => {
  const waiting = KILLS.flatMap(([fault, ...how]) =>
    Array.from({ length: RUNS }, (_, i) => ({ fault, how, out: at(`${fault} ${i}`.replaceAll(/\W+/g, "-")) })),
  );
  const done: { fault: string; out: string; broken: Awaited<ReturnType<typeof killRun>> }[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { fault, how, out } = next;
      done.push({ fault, out, broken: await killRun(out, ...how) });
    }
  };
  // Much of a start is waiting.
  await Promise.all([worker(), worker(), worker()]);
  for (const [fault] of KILLS) {
    for (const { out, broken } of done.filter((d) => d.fault === fault)) {
      const { outcome, detail } = broken ?? (await finish(out));
      for (let i = 0; i < KILLS_A_RUN; i++) campaign.record(fault, outcome, detail);
      rmSync(out, { recursive: true });
    }
  }
  assert.ok(KILLS.reduce((sum, [fault]) => sum + campaign.times(fault), 0) >= 60);
});

// ---- Places and consoles ---------------------------------------------------------------------------------------------

/** A process that is to be refused in one line, and to go on afterwards with the same bits. */
async function refusedThenWhole(fault: string, out: string, child: Process, mend: () => void): Promise<void> {
  const ended = await within(child.ended);
  if (ended === "hung") return campaign.record(fault, "hung", out);
  mend();
  const broken = faultOf(ended);
  if (broken) return campaign.record(fault, broken.outcome, broken.detail);
  const { outcome, detail } = await finish(out);
  if (outcome !== "identical") return campaign.record(fault, outcome, `${ended.stderr} ${detail}`);
  const lines = ended.stderr.split("\n").length - 1;
  const refused = ended.code === 2 && lines === 1;
  if (ended.code !== 0 && !refused) return campaign.record(fault, "lost", `${ended.code}: ${ended.stderr}`);
  campaign.record(fault, refused ? "refused" : "identical");
}

const isRoot = process.getuid?.() === 0;

test("a disk that is full", async () => {
  // (A limit on the size of files will not do: Mesa keeps its memory in files, and ends by SIGBUS.)
  if (!isRoot || process.platform !== "linux") return console.log("    skipped: only root may mount a small disk");
  for (let i = 0; i < 8; i++) {
    const out = at(`disk-${i}`);
    mkdirSync(out);
    const mount = (size: string, ...more: string[]) =>
      spawnSync("mount", ["-t", "tmpfs", "-o", [...more, `size=${size}`].join(), "tmpfs", out]).status;
    if (mount(`${300 + 350 * i}k`) !== 0) return console.log("    skipped: no file system can be mounted here");
    try {
      await refusedThenWhole("full disk", out, start(running(out)), () => mount("64m", "remount"));
    } finally {
      spawnSync("umount", [out]);
    }
  }
});

test("a folder that turns unwritable, or is removed", async () => {
  const nobody = 65_534;
  for (let i = 0; i < 4; i++) {
    const out = at(`closed-${i}`);
    mkdirSync(out);
    const open = () => chmodSync(out, 0o777);
    open();
    const child = start(running(out), isRoot ? { uid: nobody, env: { HOME: out } } : {});
    await Promise.race([stepping(out), child.ended]);
    chmodSync(out, 0o555);
    await refusedThenWhole("unwritable folder", out, child, open);
  }
  for (let i = 0; i < 4; i++) {
    const out = at(`gone-${i}`);
    mkdirSync(out);
    const child = start(running(out));
    await Promise.race([stepping(out), child.ended]);
    rmSync(out, { recursive: true, force: true });
    const ended = await within(child.ended);
    if (ended === "hung") campaign.record("folder removed", "hung");
    else {
      const named = ended.code === 2 && /^nsrm: [^\n]*gone-\d[^\n]*\n$/.test(ended.stderr);
      campaign.record("folder removed", named ? "refused" : "stack trace", `${ended.code}: ${ended.stderr}`);
    }
  }
});

test("a console that is closed, or full", async () => {
  const ways = {
    "closed stdout": (run: string) => `${run} | head -1; exit \${PIPESTATUS[0]}`,
    "closed stdout and stderr": (run: string) => `${run} >&- 2>&-`,
    "full stdout": (run: string) => `${run} >/dev/full`,
    "full stdout and stderr": (run: string) => `${run} >/dev/full 2>&1`,
  };
  for (const [fault, way] of Object.entries(ways)) {
    if (fault.startsWith("full") && !existsSync("/dev/full")) continue;
    for (let i = 0; i < 2; i++) {
      const out = at(`${fault}-${i}`.replaceAll(" ", "-"));
      await refusedThenWhole(fault, out, start(way(running(out))), () => {});
    }
  }
});

test("a clock that goes back", async () => {
  const back = encodeURIComponent("const { now } = Date; Date.now = () => now() - 3600e3 * (1 + Math.random());");
  for (let i = 0; i < 3; i++) {
    const out = at(`clock-${i}`);
    await killRun(out, signal("SIGKILL"), stepping);
    const child = start(`exec ${running(out)}`, { env: { NODE_OPTIONS: `--import=data:text/javascript,${back}` } });
    await Promise.race([stepping(out), child.ended]);
    child.kill("SIGKILL");
    await child.ended;
    const { outcome, detail } = await finish(out);
    const files = readdirSync(out).filter((name) => name.includes("tfevents"));
    const firstSteps = files.sort().map((name) => Number(name.split(".")[4]));
    const inOrder = firstSteps.every((step, k) => k === 0 || step >= firstSteps[k - 1]);
    campaign.record("clock gone back", inOrder ? outcome : "lost", `${detail} ${firstSteps}`);
  }
});

// ---- Damage ------------------------------------------------------------------------------------------------------------

/** A run stopped in its third epoch, to be taken to the fourth's end. */
const STOPPED_AT = 8;
const GOES_ON_TO = 10;

const spoil = (path: string, how: "cut" | "flip" | "any"): void => {
  const bytes = readFileSync(path);
  if (how === "cut") truncateSync(path, random(bytes.length));
  else if (how === "any") writeFileSync(path, damaged(bytes, random));
  else {
    bytes[random(bytes.length)] ^= 1 << random(8);
    writeFileSync(path, bytes);
  }
};

const RUN_FILES = [
  ...["last.safetensors", "previous.safetensors", "best.safetensors", "config.json", "metrics.jsonl"],
  ...["evaluations.jsonl", "sessions.jsonl", "train.log", "valid_pck.json", "tfevents"],
];
const DATA_FILES = ["labels.json", "partitions.json", "imgs/0001.jpg", "imgs/0006.jpg", "imgs/0009.jpg"];
const TIMES = 8;

/** Goes on with what is damaged, and says what came of it; the bits are compared, not what logs have lost. */
async function goOn(out: string, folder: string): Promise<{ outcome: Outcome; detail: string }> {
  try {
    const result = await within(unheard(() => trainHere(out, { max_steps: GOES_ON_TO, samples: 0 }, folder)));
    if (result === "hung") return { outcome: "hung", detail: out };
    assert.equal(bitsOf(out), bitsOf(at("short")));
    return { outcome: "identical", detail: "" };
  } catch (error) {
    const { message, stack } = error as Error;
    if (error instanceof UserError && !message.includes("\n")) return { outcome: "refused", detail: message };
    const differs = error instanceof assert.Assertion;
    return { outcome: differs ? "lost" : "stack trace", detail: differs ? "other bits" : String(stack).slice(0, 500) };
  }
}

test("damaged files", async () => {
  await unheard(() => trainHere(at("short"), { max_steps: GOES_ON_TO, samples: 0 }));
  await unheard(() => trainHere(at("stopped"), { max_steps: STOPPED_AT, samples: 0 }));
  const ways = ["cut", "flip", "any"] as const;
  const said = { cut: "cut short", flip: "one bit flipped", any: "otherwise damaged" };
  let count = 0;
  for (const name of [...RUN_FILES, ...DATA_FILES]) {
    for (const way of ways) {
      // A JPEG has no checksum: a bit that makes another picture of it is nobody's to notice.
      if (name.startsWith("imgs/") && way !== "cut") continue;
      const times = name.startsWith("imgs/") ? 3 * TIMES : TIMES;
      for (let i = 0; i < times; i++) {
        const [out, folder] = [at("damaged-run"), at("damaged-data")];
        for (const [from, to] of [
          [at("stopped"), out],
          [data, folder],
        ]) {
          rmSync(to, { recursive: true, force: true });
          cpSync(from, to, { recursive: true });
        }
        const inRun = RUN_FILES.includes(name);
        const found = inRun ? readdirSync(out).find((entry) => entry.includes(name))! : name;
        spoil(join(inRun ? out : folder, found), way);
        const { outcome, detail } = await goOn(out, folder);
        const kind = name.startsWith("imgs/")
          ? "an image"
          : name === "tfevents"
            ? "TensorBoard's events"
            : `\`${name}\``;
        campaign.record(`${kind} ${said[way]}`, outcome, detail);
        count++;
      }
    }
  }
  assert.ok(count >= 300, `${count}`);
});

// ---- The table ---------------------------------------------------------------------------------------------------------

test("nothing was lost, hung, or fell over", async () => {
  const { adapter } = await testGpu();
  const about = `${campaign.times("")} faults on ${adapter.kind} (${adapter.name}), ${cpus().length} processor cores:`;
  replaceBetween("docs/reliability.md", ["<!-- campaign -->", "<!-- /campaign -->"], `${about}\n\n${campaign.table()}`);
  assert.equal(campaign.failures, []);
});

test.run();
