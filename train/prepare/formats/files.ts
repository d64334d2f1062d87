import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileError } from "../../../model/files";

/** Files of a folder and of those in it, so many levels down, whose names end so; sorted as numbers and letters are. */
export function findFiles(folder: string, ending: string, levels: number): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith(ending));
    const folders = levels > 1 ? entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")) : [];
    return [
      ...files.map((entry) => join(folder, entry.name)).sort(naturally),
      ...folders
        .map((entry) => join(folder, entry.name))
        .sort(naturally)
        .flatMap((path) => findFiles(path, ending, levels - 1)),
    ];
  } catch (error) {
    throw fileError("list", folder, error);
  }
}

const collator = new Intl.Collator("en", { numeric: true });
/** 9.jpg before 10.jpg. */
const naturally = (a: string, b: string): number => collator.compare(a, b);
