import { type Dirent, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../engine/errors/index";
import { fileError } from "./files";

/**
 * The entries of a folder that `wanted` takes, in no order.
 * @throws UserError where it cannot be listed, or where one of them cannot be opened by its name: Linux takes any bytes for
 * a name, and Node only those that are UTF-8
 */
export function listFolder(folder: string, wanted: (entry: Dirent) => boolean): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter(wanted);
    const lost = entries.find(({ name }) => name.includes("\ufffd") && !existsSync(join(folder, name)));
    if (!lost) return entries;
    throw new UserError(`${folder}: the name of "${shownName(folder, lost.name)}" in it is not UTF-8; rename it`);
  } catch (error) {
    throw fileError("list", folder, error);
  }
}

/** A name whose bytes are not UTF-8, these as in "caf\\xe9.jpg". */
function shownName(folder: string, lost: string): string {
  const names = readdirSync(folder, { encoding: "buffer" });
  const bytes = names.find((name) => name.toString("utf8") === lost) ?? Buffer.from(lost);
  return bytes
    .toString("latin1")
    .replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
