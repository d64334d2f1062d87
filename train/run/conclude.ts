import { join } from "node:path";
import type { Gpu } from "../../engine/core/gpu";
import type { Config } from "../config/resolve";
import { SPLITS, type SplitName } from "../data/dataset";
import type { Journal } from "../record/journal";
import { FILES } from "../record/outputs";
import { writeWorst } from "../record/worst";
import { writeReport } from "../report/write";
import type { Evaluation } from "../score/evaluate";
import type { Source } from "../source/open";

export interface Ending {
  gpu: Gpu;
  config: Config;
  out: string;
  source: Source;
  journal: Journal;
  /** Steps taken, and those that the run is to take in all. */
  step: number;
  total: number;
  parameters: number;
  /** The evaluation whose worst cases are drawn. */
  judged: Evaluation | null;
}

/**
 * What a run leaves at its end and after an interruption: pictures of the worst cases, this session's account, the report.
 * @returns the report's path
 */
export async function conclude({ gpu, config, out, source, journal, judged, ...counts }: Ending): Promise<string> {
  if (judged && config.samples > 0) {
    const dataset = source.split(judged.split as SplitName);
    await journal.during("pictures", () => writeWorst(out, dataset, judged));
  }
  journal.endSession({
    ...counts,
    adapter: { kind: gpu.adapter.kind, name: gpu.adapter.name },
    images: Object.fromEntries(SPLITS.map((split) => [split, source.split(split).size])),
  });
  const report = join(out, FILES.report);
  await writeReport([out], report);
  return report;
}
