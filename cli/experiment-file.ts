import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The experiments of configs/, which the package holds beside the built command line. */
const shipped = (name: string) => fileURLToPath(new URL(`../../configs/${name}.json`, import.meta.url));

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** The experiment's file: the path itself where there is one, else the shipped file that `LPM_G1` or `configs/LPM_G1.json` names. */
export function experimentFile(path: string): string {
  if (isFile(path) || !["", ".", "configs"].includes(dirname(path))) return path;
  const file = shipped(basename(path, ".json"));
  return isFile(file) ? file : path;
}
