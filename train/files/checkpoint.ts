import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { fileError, readSafetensors, type SafetensorsFile, writeFileAtomic } from "../../model/files/node";
import {
  blankChecksum,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  expectCheckpoint,
  expectChecksum,
  stampChecksum,
} from "./checkpoint-format";

export type { Checkpoint, ParameterState } from "./checkpoint-format";

/**
 * Writes a checkpoint, whole or not at all. Its arrays must not change until the promise settles.
 * @param previous a path in the same folder under which the checkpoint that it replaces is kept
 * @throws UserError where the file cannot be written
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint, previous?: string): Promise<void> {
  const parts = encodeCheckpoint(checkpoint);
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  stampChecksum(parts[0], hash.digest("hex"));
  await writeFileAtomic(path, parts, previous);
}

/**
 * Reads a checkpoint back. With `weightsOnly` the moments are left on the disk.
 * @throws UserError in one line for a file that is absent, torn, altered, of another kind or of a newer version
 */
export function loadCheckpoint(path: string, options: { weightsOnly?: boolean } = {}): Checkpoint {
  const file = readSafetensors(path);
  expectCheckpoint(file);
  expectChecksum(file, hashOf(path, file));
  return decodeCheckpoint(file, options);
}

/** The file's SHA-256 with a blank checksum, piece by piece: a full-size checkpoint has 440 MB. */
function hashOf(path: string, file: SafetensorsFile): string {
  const hash = createHash("sha256");
  const header = Buffer.alloc(8 + file.headerBytes);
  const piece = Buffer.alloc(1 << 22);
  try {
    const handle = openSync(path, "r");
    try {
      readSync(handle, header, 0, header.length, 0);
      blankChecksum(header, file.metadata.checksum ?? "");
      hash.update(header);
      let at = header.length;
      for (let n: number; (n = readSync(handle, piece, 0, piece.length, at)) > 0; at += n)
        hash.update(piece.subarray(0, n));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw fileError("read", path, error);
  }
  return hash.digest("hex");
}
