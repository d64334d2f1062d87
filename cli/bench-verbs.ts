import type { Command } from "commander";

const collect = (value: string, list: string[]): string[] => [...list, value];

/** Declares `nsrm bench` and its verbs; what they run is loaded when one is called. */
export function declareBench(program: Command, adapter: () => string | undefined): void {
  const bench = program
    .command("bench")
    .description("measure kernels and training steps, against peers on one adapter");

  const verb = (name: string, description: string): Command =>
    bench
      .command(name)
      .description(description)
      .option("--config <file>", "experiment whose network is measured", "configs/LPM_G1.json")
      .option("--set <key=value>", "override a key of the experiment; repeatable", collect, [])
      .option("--json <file>", "write the figures as JSON; - prints them and nothing else")
      .option("--html <file>", "write a report with charts, one file");

  verb("step", "the whole training step, ours against tfjs: NSRM LPM-G1 at width 0.125, 96 x 96, batch 4")
    .option("--peer <names>", "tfjs or none", "tfjs")
    .option("--steps <n>", "interleaved runs that are timed")
    .option("--no-first", "leave out first steps, which take a process each")
    .action(async (options) => (await import("./bench")).benchStepCommand({ ...options, adapter: adapter() }));

  verb("first-step", "one cold first step in this process, in ms (used by bench step)")
    .argument("<contender>", "nsrm or tfjs")
    .action(async (contender, options) =>
      (await import("./bench")).firstStepCommand(contender, { ...options, adapter: adapter() }),
    );
}
