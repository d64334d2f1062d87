import { join } from "node:path";
import type { Gpu } from "../../engine/index";
import type { Config } from "../config/index";
import { SPLITS, type SplitName } from "../data/index";
import { FILES, type Journal, writeWorst } from "../record/node";
import { writeReport } from "../report/node";
import type { Evaluation } from "../score/index";
import type { Source } from "../source/node";

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
