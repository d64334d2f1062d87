import { join } from "node:path";
import { writeReport } from "../train/report/write";
import { FILES } from "../train/run/outputs";

export interface ReportOptions {
  out?: string;
}

/** One run's report goes into its folder, that of several into the current one, where not told otherwise. */
export async function reportCommand(folders: readonly string[], { out }: ReportOptions): Promise<void> {
  const path = out ?? (folders.length === 1 ? join(folders[0], FILES.report) : FILES.report);
  await writeReport(folders, path);
  console.log(`report: ${path}`);
}
