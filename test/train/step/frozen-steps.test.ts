// A training step and a look at an image, as the lists of commands that they are: kernel, parameters, workgroups, uniforms, bytes
// of every binding. Whatever is rearranged around the kernels, these stay. A change that is meant to alter what the GPU does takes
// them down anew: NSRM_FREEZE=1 npm test -- frozen-steps
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import type { AdapterKind } from "../../../engine/device/facts";
import { Network, type NetworkSpec } from "../../../model/network/network";
import { scaleWidths } from "../../../model/network/widths";
import { Learner, type LearnerOptions } from "../../../train/step/learner";
import { testGpu } from "../../helpers/gpu";
import { tinyBatch } from "../../helpers/tiny";

const test = suite("frozen steps");

const SIDE = 64;

const spec = (architecture: NetworkSpec["architecture"] = "NSRM"): NetworkSpec => ({
  architecture,
  widths: scaleWidths(0.125),
  limbChannels: 7,
  keypointChannels: 21,
});

/** One whole step on a batch of 3, in two parts. */
function step(gpu: Gpu, options: LearnerOptions, architecture?: NetworkSpec["architecture"]): string[] {
  const learner = new Learner(gpu, spec(architecture), { ...options, replay: true });
  const limbs = architecture === "CPM" ? 0 : 7;
  learner.step(
    [tinyBatch(gpu, 0, 2, SIDE, limbs), tinyBatch(gpu, 2, 3, SIDE, limbs)],
    { batch: 3, limbWeight: 0.1, partWeight: 0.2, norm: "map" },
    1e-3,
  );
  const lines = learner.programs[0].describe();
  learner.dispose();
  return lines;
}

/** A forward pass without gradients, on images that are not square. */
function look(gpu: Gpu, precision: Network["precision"]): string[] {
  const network = new Network(gpu, spec());
  network.precision = precision;
  const image = gpu.zeros([2, 3, 48, 72]).keep();
  const captured = gpu.capture(() => {
    gpu.tape.noGrad(() => void network.forward(image));
  });
  const lines = captured.describe();
  image.dispose();
  network.dispose();
  return lines;
}

/** Runs `body` as if the adapter were of another kind, for the choices that depend on it. */
function asIf<T>(gpu: Gpu, kind: AdapterKind, body: () => T): T {
  const adapter = gpu.adapter as { kind: AdapterKind };
  const before = adapter.kind;
  adapter.kind = kind;
  try {
    return body();
  } finally {
    adapter.kind = before;
  }
}

const CASES: Record<string, (gpu: Gpu) => string[]> = {
  "step of NSRM": (gpu) => step(gpu, { clipNorm: 10 }),
  "step of NSRM, in float16": (gpu) => step(gpu, { precision: "mixed" }),
  "step of NSRM, checkpointed": (gpu) => step(gpu, { checkpointSegments: 10 }),
  "step of CPM": (gpu) => step(gpu, { weightDecay: 0.01 }, "CPM"),
  "look by NSRM": (gpu) => look(gpu, "single"),
  "look by NSRM, in float16": (gpu) => look(gpu, "mixed"),
  "step of NSRM, as on a GPU": (gpu) => asIf(gpu, "gpu", () => step(gpu, {})),
  "look by NSRM, as on a GPU": (gpu) => asIf(gpu, "gpu", () => look(gpu, "single")),
};

/** A line a command: its kernel, and a digest of all that is known of it. */
const digest = (line: string): string =>
  `${line.split(" ", 1)[0]} ${createHash("sha256").update(line).digest("hex").slice(0, 8)}`;

for (const [name, run] of Object.entries(CASES)) {
  test(name, async () => {
    const gpu = await testGpu();
    if (name.includes("float16") && !gpu.adapter.f16) return console.log("    skipped: no shader-f16 here");
    const path = `test/frozen/${gpu.adapter.kind}, ${name}.txt`.replaceAll(", ", "-").replaceAll(" ", "-");
    const before = gpu.pool.liveBytes;
    const lines = run(gpu);
    assert.is(gpu.pool.liveBytes, before);
    if (process.env.NSRM_FREEZE) writeFileSync(path, `${lines.map(digest).join("\n")}\n`);
    if (!existsSync(path)) return console.log(`    skipped: ${path} is not recorded`);
    const frozen = readFileSync(path, "utf8").trimEnd().split("\n");
    const first = lines.findIndex((line, i) => digest(line) !== frozen[i]);
    assert.is(first, -1, `command ${first} is ${lines[first]}, no longer ${frozen[first]}`);
    assert.is(lines.length, frozen.length);
  });
}

test.run();
