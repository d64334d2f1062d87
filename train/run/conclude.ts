import { join } from "node:path";
import { SPLITS, type SplitName } from "../data/index";
import { FILES, writeWorst } from "../record/node";
import { writeReport } from "../report/node";
import type { Evaluation } from "../score/index";
import type { OpenRun } from "./open";

/**
 * What a run leaves at its end and after an interruption: pictures of the worst cases, this session's account, the report.
 * @param judged the evaluation whose worst cases are drawn
 * @returns the report's path
 */
export async function conclude({ options, course, journal }: OpenRun, judged: Evaluation | null): Promise<string> {
  const { adapter } = options.gpu;
  const { config, main, total } = course.plan;
  if (judged && config.samples > 0) {
    const dataset = main.source.split(judged.split as SplitName);
    await journal.during("pictures", () => writeWorst(options.out, dataset, judged));
  }
  journal.endSession({
    step: course.position.step,
    total,
    parameters: course.learner.network.parameters.count,
    adapter: { kind: adapter.kind, name: adapter.name },
    images: Object.fromEntries(SPLITS.map((split) => [split, main.source.split(split).size])),
  });
  const report = join(options.out, FILES.report);
  await writeReport([options.out], report);
  return report;
}
