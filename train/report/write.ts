import { writeFileAtomic } from "../../model/files/node";
import { comparePage } from "./compare-runs";
import { runPage } from "./page";
import { readRun, readRuns } from "./read";

/**
 * Writes the report of a run, or of several side by side, from what lies in their folders.
 * @throws UserError for a folder that is no run's, or a file that cannot be read or written
 */
export async function writeReport(folders: readonly string[], path: string): Promise<void> {
  const html = folders.length === 1 ? await runPage(readRun(folders[0])) : comparePage(readRuns(folders));
  await writeFileAtomic(path, html);
}
