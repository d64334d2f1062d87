import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { UserError } from "../engine/errors";
import { fileError, writeFileAtomic } from "./files";
import { type ByteSource, encodeSafetensors, type NamedArray, SafetensorsFile } from "./safetensors-format";

export {
  type Dtype,
  decodeSafetensors,
  encodeSafetensors,
  type NamedArray,
  SafetensorsFile,
} from "./safetensors-format";

/**
 * Opens a safetensors file: its header is read and checked now, each tensor when it is asked for.
 * @throws UserError naming the file (and the tensor) where it is absent, torn, inconsistent, or replaced while in use
 */
export function readSafetensors(path: string): SafetensorsFile {
  return new SafetensorsFile(path, fileSource(path));
}

/**
 * Writes a safetensors file, whole or not at all. The arrays must not change until the promise settles.
 * @throws UserError where the disk is full, the folder absent or writing not permitted
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<NamedArray>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/**
 * Opens the file anew for each read, so that nothing has to be closed. A file that was replaced in between (a training
 * run saves over its last checkpoint) is refused: its header would no longer describe its data.
 */
function fileSource(path: string): ByteSource {
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
