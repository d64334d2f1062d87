import type { Command } from "commander";
import { OURS, PEERS } from "../bench/peers/index";
import type { Verb } from "./bench";
import { aPath, somePaths } from "./paths";
import { repeatable } from "./repeatable";

const NAMES = PEERS.map(({ name }) => name);

/** Declares `nsrm bench` and its verbs; what they run is loaded when one is called. */
export function declareBench(program: Command, adapter: () => string | undefined): void {
  const bench = program
    .command("bench")
    .description("measure kernels and training steps, against peers on one adapter");

  const configured = (name: string, description: string): Command =>
    bench
      .command(name)
      .description(description)
      .option("--config <file>", "experiment whose network is measured", aPath, "configs/LPM_G1.json")
      .addOption(repeatable("--set <key=value>", "override a key of the experiment"));

  const reporting = (command: Command): Command =>
    command
      .option("--json <file>", "write the figures as JSON; - prints them and nothing else", aPath)
      .option("--html <file>", "write a report with charts, one file", aPath)
      .action(async (options) =>
        (await import("./bench")).benchCommand(command.name() as Verb, { set: [], ...options, adapter: adapter() }),
      );

  reporting(configured("step", "the whole training step beside the peers': by default width 0.125, 96 x 96, batch 4"))
    .option("--steps <n>", "interleaved runs that are timed", "7")
    .option(
      "--peer <names>",
      `none or any of ${NAMES.join(",")} (default: all; none with precision=mixed, which they have not)`,
    )
    .option("--no-first", "leave out first steps, which take a process each");

  reporting(configured("memory", "what checkpoint_segments saves of memory and adds of time, by default as step"))
    .option("--steps <n>", "interleaved runs that are timed", "7")
    .option("--segments <list>", "numbers of segments, e.g. 0,2,4 (default: 0 to 10)");

  reporting(bench.command("roofline").description("the adapter's own limits: arithmetic, memory, dispatch and submit"));

  reporting(configured("kernels", "every layer shape forward and backward: by default the full network, one image"))
    .option("--steps <n>", "interleaved runs that are timed", "3")
    .option("--peer <names>", `none or any of ${NAMES.join(",")}`, "none")
    .option("--layers <name>", "all, or part of a name as it is listed, e.g. '7x7 128-128'", "all");

  reporting(configured("sweep", "how the step's cost grows with batch, image size and width, each alone"))
    .option("--steps <n>", "interleaved runs that are timed", "3")
    .option("--batches <list>", "batch sizes, e.g. 1,2,4, or none")
    .option("--sizes <list>", "image sizes in pixels, e.g. 64,96,128, or none")
    .option("--widths <list>", "width factors, e.g. 0.125,0.25, or none");

  bench
    .command("story")
    .description("one convolution from naive to fastest, step by step: the tables of kernels/README.md")
    .option("--steps <n>", "interleaved runs that are timed", "5")
    .action(async (options) => (await import("./story")).storyCommand({ ...options, adapter: adapter() }));

  configured(
    "data",
    "a folder's images a second from the loader alone; the share of drawing and augmentation in a step",
  )
    .argument("[dir]", "a folder in the NSRM layout; its training images are decoded and resized", aPath)
    .option("--steps <n>", "runs that are timed", "7")
    .action(async (dir, options) => (await import("./data")).dataCommand(dir, { ...options, adapter: adapter() }));

  configured("all", "all of these with all peers, for bench/RESULTS.md; about 20 minutes on a software driver")
    .option("--out <dir>", "folder for results/*.json, RESULTS.md and report.html", aPath, "bench")
    .option("--only <parts>", "measure some parts again: roofline, step, memory, kernels-narrow, kernels-full, sweep")
    .option("--steps <n>", "interleaved runs that are timed, of every part")
    .option("--layers <name>", "of kernels: all, or part of a name as it is listed")
    .option("--batches <list>", "of sweep, as the others")
    .option("--sizes <list>", "image sizes in pixels")
    .option("--widths <list>", "width factors")
    .action(async (options) => {
      process.exitCode = await (await import("./bench-all")).benchAllCommand({ ...options, adapter: adapter() });
    });

  bench
    .command("report")
    .description("one report from what --json and bench all have written")
    .argument("<files...>", "JSON files", somePaths)
    .option("--html <file>", "write a report with charts, one file", aPath)
    .option("--md <file>", "write the tables as Markdown", aPath)
    .action(async (files, options) => (await import("./bench")).benchReportCommand(files, options));

  configured("first-step", "one cold first step in this process, in ms (bench step runs it)")
    .argument("<contender>", [OURS, ...NAMES].join(", "))
    .action(async (contender, options) =>
      (await import("./bench")).firstStepCommand(contender, { ...options, adapter: adapter() }),
    );
}
