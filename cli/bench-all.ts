import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PEERS } from "../bench/peers/index";
import { resultsMarkdown, resultsPage } from "../bench/report/index";
import { UserError } from "../engine/errors/index";
import { ensureFolder, writeFileAtomic } from "../model/files/node";
import { readResults } from "./bench";
import { withSignals } from "./signals";

export interface BenchAllOptions {
  adapter?: string;
  config: string;
  set: string[];
  out: string;
  only?: string;
  steps?: string;
  layers?: string;
  batches?: string;
  sizes?: string;
  widths?: string;
}

const WITH_ALL_PEERS = ["--peer", PEERS.map(({ name }) => name).join(",")];

/** What is measured, the dearest last. */
const PARTS = {
  roofline: ["roofline"],
  step: ["step"],
  memory: ["memory"],
  "kernels-narrow": [
    ...["kernels", ...WITH_ALL_PEERS],
    ...["--set", "width=0.125", "--set", "image_size=96", "--set", "batch_size=4"],
  ],
  sweep: ["sweep"],
  "kernels-full": ["kernels", ...WITH_ALL_PEERS],
} as const;
type Part = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as Part[];

/**
 * `nsrm bench all`: each part in a process of its own, so that one that crashes costs no other. Their figures are kept in
 * `out`/results; after each part RESULTS.md and report.html are made of all that lie there.
 * @returns exit code: 1 where a part failed
 */
export async function benchAllCommand(options: BenchAllOptions): Promise<number> {
  const { out } = options;
  const chosen = chooseParts(options.only);
  const fileOf = (part: Part) => join(out, "results", `${part}.json`);
  await ensureFolder(join(out, "results"));
  const begun = performance.now();
  let failed = 0;
  const { code } = await withSignals(async (stop) => {
    for (const [i, part] of chosen.entries()) {
      const minutes = ((performance.now() - begun) / 60e3).toFixed(1);
      console.error(`${i + 1}/${chosen.length} ${part} (after ${minutes} minutes)`);
      rmSync(fileOf(part), { force: true });
      if (!(await measureApart(part, fileOf(part), options, stop))) {
        console.error(`nsrm: bench ${part} did not end well; what it measured is kept`);
        failed = 1;
      }
      const results = readResults(NAMES.map(fileOf).filter((file) => existsSync(file)));
      await writeFileAtomic(join(out, "RESULTS.md"), resultsMarkdown(results));
      await writeFileAtomic(join(out, "report.html"), resultsPage(results));
      if (stop.aborted) return;
    }
    console.log(`${join(out, "RESULTS.md")}, report.html and results/`);
  });
  return code || failed;
}

function chooseParts(only: string | undefined): Part[] {
  if (only === undefined) return NAMES;
  const wanted = only.split(",").map((name) => name.trim());
  const unknown = wanted.find((name) => !NAMES.some((part) => part === name));
  if (unknown !== undefined) throw new UserError(`--only ${unknown}: expected any of ${NAMES.join(", ")}`);
  return NAMES.filter((part) => wanted.includes(part));
}

/** @returns whether it measured everything */
async function measureApart(part: Part, file: string, options: BenchAllOptions, stop: AbortSignal): Promise<boolean> {
  const [verb, ...flags] = PARTS[part];
  const { adapter, config, set, steps, layers, batches, sizes, widths } = options;
  const settings = verb === "roofline" ? [] : ["--config", config, ...flags, ...set.flatMap((s) => ["--set", s])];
  const given = {
    ...(verb !== "roofline" && { steps }),
    ...(verb === "kernels" && { layers }),
    ...(verb === "sweep" && { batches, sizes, widths }),
  };
  const args = [
    process.argv[1],
    ...(adapter === undefined ? [] : ["--adapter", adapter]),
    ...["bench", verb, ...settings],
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...["--json", file],
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const end = () => child.kill();
  stop.addEventListener("abort", end);
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  stop.removeEventListener("abort", end);
  return code === 0;
}
