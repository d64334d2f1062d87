import { UserError } from "../../engine/index";
import type { Config } from "../../train/config/index";

/**
 * Files that the page is given may have been made by anyone, to do harm: what one makes the page do stays within a multiple of
 * its own size, or within these limits.
 */

/** A tab's memory is not a server's: larger files are refused before they are read. */
const LARGEST_FILE = 1 << 30;

/** What a checkpoint's configuration may ask for at most, whatever its file's size. */
const MOST: readonly (readonly [name: string, most: number, of: (config: Config) => number])[] = [
  ["image_size", 512, (config) => config.image_size],
  ["batch_size", 1024, (config) => config.batch_size],
  ["synthetic.count_train", 1_000_000, (config) => config.synthetic.count_train],
];

/** A file that the user gave. @throws UserError for one that is too large, or that the browser may not read */
export async function readBytes(file: File): Promise<Uint8Array<ArrayBuffer>> {
  if (file.size > LARGEST_FILE) {
    throw new UserError(`${file.name}: ${file.size} bytes are too many; this page reads up to ${LARGEST_FILE}`);
  }
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    // A folder, or a file that has changed or gone since it was chosen.
    throw new UserError(`${file.name}: it cannot be read (${(error as Error).message})`);
  }
}

/** @throws UserError for a configuration that asks for more than a tab can give */
export function expectModest(config: Config, name: string): void {
  for (const [key, most, of] of MOST) {
    if (of(config) > most)
      throw new UserError(`${name}: ${key} ${of(config)} is too much; this page goes up to ${most}`);
  }
}
