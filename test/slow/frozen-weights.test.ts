// 200 steps of two frozen experiments, on drawn hands and on photographs, in both precisions: the same weights, moments and scores,
// bit for bit, as when they were taken down. Whatever is rearranged, these stay. A change that is meant to alter what is computed
// takes them down anew: NSRM_FREEZE=1 NSRM_FULL=1 npm test -- frozen-weights
// Drivers compile for the processor that they find, and one with other instructions may round otherwise: see `processor`.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolveConfig } from "../../train/config/resolve";
import { loadCheckpoint } from "../../train/files/checkpoint";
import { train } from "../../train/run/train";
import { testGpu } from "../helpers/gpu";
import { sharedFile } from "../helpers/shared";

const test = suite("frozen weights");

const RECORD = "test/frozen/weights.json";

/** Digests by driver and experiment, and the processor that they were taken on. */
const frozen: { processor: string; digests: Record<string, string> } = JSON.parse(readFileSync(RECORD, "utf8"));

const [{ model: processor }] = cpus();

for (const precision of ["single", "mixed"] as const) {
  for (const experiment of ["synthetic", "real"]) {
    test(`200 steps of ${experiment}.json, ${precision}`, async () => {
      const gpu = await testGpu();
      if (precision === "mixed" && !gpu.adapter.f16) return console.log("    skipped: no shader-f16 here");
      const data = experiment === "real" ? sharedFile("data/snap") : undefined;
      if (data === null) return;
      const raw = JSON.parse(readFileSync(`test/frozen/${experiment}.json`, "utf8"));
      const { config } = resolveConfig({ ...raw, precision }, experiment);
      const out = mkdtempSync(join(tmpdir(), "frozen-"));
      try {
        const { steps, valid } = await train({ gpu, config, data, out, silent: true });
        assert.is(steps, 200);
        const digest = createHash("sha256").update(JSON.stringify([valid?.scores, valid?.accuracy, valid?.loss]));
        for (const [name, { value, moments }] of loadCheckpoint(join(out, "last.safetensors")).parameters) {
          digest.update(name).update(value);
          for (const moment of [moments?.expAvg, moments?.expAvgSq]) digest.update(moment as Float32Array);
        }
        expectFrozen(`${gpu.adapter.kind}, ${experiment}, ${precision}`, digest.digest("hex"));
      } finally {
        rmSync(out, { recursive: true });
      }
    });
  }
}

function expectFrozen(key: string, digest: string): void {
  if (process.env.NSRM_FREEZE) {
    frozen.processor = processor;
    frozen.digests[key] = digest;
    writeFileSync(RECORD, `${JSON.stringify(frozen, null, 2)}\n`);
  }
  if (frozen.digests[key] === undefined) {
    console.log(`    skipped: ${key} is not recorded`);
    return;
  }
  if (frozen.processor !== processor) console.log(`    recorded on ${frozen.processor}, this is ${processor}`);
  assert.is(digest, frozen.digests[key]);
}

test.run();
