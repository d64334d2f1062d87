import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { UserError } from "../../engine/errors/index";
import type { ByteSource } from "./byte-source";
import { fileError } from "./files";

/**
 * Opens the file anew for each read, so that nothing has to be closed. A file that was replaced in between (a training
 * run saves over its last checkpoint) is refused: what was read of it first would no longer describe the rest.
 * @throws UserError naming the file where it is absent, no regular file, or cannot be read
 */
export function fileSource(path: string): ByteSource {
  const first = withFile(path, (_, stats) => stats);
  return {
    size: first.size,
    read: (offset, length) =>
      withFile(path, (file, now) => {
        if (now.ino !== first.ino || now.size !== first.size || now.mtimeMs !== first.mtimeMs) {
          throw new UserError(`${path}: the file was changed while it was being read`);
        }
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const count = readSync(file, bytes, done, Math.min(length - done, 2 ** 30), offset + done);
          if (count === 0) throw new UserError(`${path}: the file was cut short while it was being read`);
          done += count;
        }
        return bytes;
      }),
  };
}

function withFile<T>(path: string, use: (file: number, stats: Stats) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new UserError(`${path}: cannot read it: not a regular file`);
    return use(file, stats);
  } catch (error) {
    throw fileError("read", path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
