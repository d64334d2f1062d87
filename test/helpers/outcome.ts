import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadCheckpoint } from "../../train/files/checkpoint";
import { readMetrics } from "../../train/files/metrics-log";
import type { EvaluationLine } from "../../train/record/journal";
import type { StepLine } from "../../train/step/step-line";

/** All that a run has made which must not depend on how often it was interrupted, bit for bit. */
export function outcome(out: string) {
  const steps = readMetrics<StepLine>(join(out, "metrics.jsonl")).map(({ ms: _, ...line }) => line);
  const read = (name: string) => {
    const { parameters, ...rest } = loadCheckpoint(join(out, name));
    const bits = [...parameters].map(([key, { value, moments }]) => {
      const lists = [value, moments!.expAvg, moments!.expAvgSq];
      return [key, ...lists.map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString("base64"))];
    });
    return { ...rest, config: { ...(rest.config as object), checkpoint_every: 0 }, bits };
  };
  const evaluations = readMetrics<EvaluationLine>(join(out, "evaluations.jsonl"));
  const predictions = readFileSync(join(out, "test_predictions.json"), "utf8");
  return { steps, evaluations, last: read("last.safetensors"), best: read("best.safetensors"), predictions };
}
