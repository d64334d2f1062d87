import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileError, temporaryOwner } from "../../model/files/node";

/**
 * Deletes what writers that were killed half-way left in a folder, and returns how many files that were. Call it only
 * while holding the folder's lock: then every temporary file that is not this process's own belongs to a dead run,
 * whatever process has its number today.
 */
export async function removeStaleTemporaries(folder: string): Promise<number> {
  try {
    const stale = (await readdir(folder)).filter((name) => temporaryOwner(name) === "another process");
    for (const name of stale) await rm(join(folder, name), { force: true });
    return stale.length;
  } catch (error) {
    throw fileError("list", folder, error);
  }
}
