import { basename, extname, join } from "node:path";
import { UserError } from "../../engine/index";
import { isFolder, listFolder, statsOf } from "../../model/files/node";

/** A picture to look at, and the name that its results go by: its file's own. */
export interface ImageFile {
  path: string;
  name: string;
}

const EXTENSIONS = new Set([".jpg", ".jpeg", ".png", ".webp"]);

/**
 * The image at a path, or those of a folder (not of its subfolders), frame 2 before frame 10.
 * @throws UserError for a path that does not exist, a folder without images, or one with a folder named as an image
 */
export function listImages(path: string): ImageFile[] {
  const stats = statsOf(path);
  if (!stats) throw new UserError(`${path}: no such image or folder`);
  if (!stats.isDirectory()) return [{ path, name: basename(path) }];
  const isImage = ({ name }: { name: string }) => EXTENSIONS.has(extname(name).toLowerCase());
  const names = listFolder(path, isImage).map(({ name }) => name);
  if (names.length === 0) throw new UserError(`${path}: no image in this folder (.jpg, .jpeg, .png or .webp)`);
  names.sort(new Intl.Collator("en", { numeric: true }).compare);
  return names.map((name) => {
    const file = { path: join(path, name), name };
    if (isFolder(file.path)) {
      throw new UserError(`${file.path}: is a folder, expected an image`);
    }
    return file;
  });
}

/** What to call each image's results: its name without extension, or with it where two would meet. */
export function resultNames(files: readonly ImageFile[]): string[] {
  const stem = ({ name }: ImageFile) => basename(name, extname(name));
  const count = new Map<string, number>();
  for (const file of files) count.set(stem(file), (count.get(stem(file)) ?? 0) + 1);
  return files.map((file) => (count.get(stem(file)) === 1 ? stem(file) : file.name));
}
