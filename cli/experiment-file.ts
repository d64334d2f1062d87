import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../engine/errors/index";

/** The experiments that the package holds beside the built command line. */
const CONFIGS = fileURLToPath(new URL("../../configs", import.meta.url));

const at = (path: string) => statSync(path, { throwIfNoEntry: false });

/**
 * The experiment's file: the path itself where there is one, else the shipped file that `LPM_G1` or `configs/LPM_G1.json` names.
 * @throws UserError that lists the shipped ones, where neither is there and the path could have named one
 */
export function experimentFile(path: string): string {
  if (at(path) || !["", ".", "configs"].includes(dirname(path))) return path;
  const file = join(CONFIGS, `${basename(path, ".json")}.json`);
  if (at(file)) return file;
  const ours = readdirSync(CONFIGS).map((name) => basename(name, ".json"));
  throw new UserError(`${path}: no such file, and not one of our experiments: ${ours.join(", ")}`);
}
