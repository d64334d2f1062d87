import { join } from "node:path";
import { FILES } from "../train/record/node";
import { writeReport } from "../train/report/node";
import { expectApart } from "./paths";

export interface ReportOptions {
  out?: string;
}

/** One run's report goes into its folder, that of several into the current one, where not told otherwise. */
export async function reportCommand(folders: readonly string[], { out }: ReportOptions): Promise<void> {
  const path = out ?? (folders.length === 1 ? join(folders[0], FILES.report) : FILES.report);
  expectApart("--out", path, folders.flatMap(recordsOf));
  await writeReport(folders, path);
  console.log(`report: ${path}`);
}

/** What a run has left that nobody can make again. */
const recordsOf = (folder: string): string[] => {
  const { config, log, metrics, evaluations, sessions, last, previous, best } = FILES;
  return [config, log, metrics, evaluations, sessions, last, previous, best].map((name) => join(folder, name));
};
