import { existsSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Path of a file in the folder of real data and full golden numbers that may lie beside the checkout, or null (said
 * aloud, so that a skipped test is seen) where it is absent. The committed test/golden covers the same ground in small.
 */
export function sharedFile(name: string): string | null {
  const path = resolve(process.env.NSRM_SHARED ?? "../shared", name);
  if (existsSync(path)) return path;
  console.log(`    skipped: ${name} is not here (set NSRM_SHARED to the folder that has it)`);
  return null;
}
