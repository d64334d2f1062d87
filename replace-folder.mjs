// Makes a folder anew while others may be reading it.
import { randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Fills a folder beside `path`, which then changes places with the one that is there: whoever reads or builds at the same
 * time finds whole contents, old or new. Nothing is left where `fill` fails.
 * @param fill {(fresh: string) => Promise<unknown>} makes the folder that it is given the name of
 */
export async function replaceFolder(path, fill) {
  const token = randomBytes(4).toString("hex");
  const [fresh, old] = ["new", "old"].map((state) => join(dirname(path), `${basename(path)}-${state}-${token}`));
  try {
    await fill(fresh);
    while (!(await changePlaces(path, fresh, old))) await rm(old, { recursive: true, force: true });
  } finally {
    for (const left of [fresh, old]) await rm(left, { recursive: true, force: true });
  }
}

/** @returns whether it could: not where another build has put its own there in between */
async function changePlaces(path, fresh, old) {
  await rename(path, old).catch(unless("ENOENT")); // there is none before the first build
  const refused = await rename(fresh, path).catch(unless("ENOTEMPTY", "EEXIST"));
  return !refused;
}

/** Takes some of the system's errors for an answer. */
const unless =
  (...codes) =>
  (error) => {
    if (codes.includes(error.code)) return error;
    throw error;
  };
