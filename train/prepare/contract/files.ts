import type { Dirent } from "node:fs";
import { join } from "node:path";
import { listFolder } from "../../../model/files/node";

/**
 * Files of a folder and of those in it, so many levels down, whose names end so; sorted as numbers and letters are.
 * @throws UserError for a folder that cannot be listed, and a name that cannot be read
 */
export function findFiles(folder: string, ending: string, levels: number): string[] {
  const isFile = (entry: Dirent) => !entry.isDirectory() && entry.name.endsWith(ending);
  const isFolder = (entry: Dirent) => levels > 1 && entry.isDirectory() && !entry.name.startsWith(".");
  const entries = listFolder(folder, (entry) => isFile(entry) || isFolder(entry));
  const paths = (kind: (entry: Dirent) => boolean) =>
    entries
      .filter(kind)
      .map(({ name }) => join(folder, name))
      .sort(naturally);
  return [...paths(isFile), ...paths(isFolder).flatMap((path) => findFiles(path, ending, levels - 1))];
}

const collator = new Intl.Collator("en", { numeric: true });
/** 9.jpg before 10.jpg. */
const naturally = (a: string, b: string): number => collator.compare(a, b);
