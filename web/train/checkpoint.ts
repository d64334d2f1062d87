import { decodeSafetensors } from "../../model/files/index";
import {
  blankChecksum,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  expectCheckpoint,
  expectChecksum,
  stampChecksum,
} from "../../train/files/index";

/** The checkpoint as the file that Node's `train --resume` goes on from. */
export async function checkpointFile(checkpoint: Checkpoint): Promise<Blob> {
  const parts = encodeCheckpoint(checkpoint) as Uint8Array<ArrayBuffer>[];
  stampChecksum(parts[0], await sha256(await new Blob(parts).arrayBuffer()));
  return new Blob(parts);
}

/**
 * Reads a checkpoint, of this page's or of Node's making. With `weightsOnly` the optimizer's moments are left out.
 * @throws UserError in one line for a file that is none, torn, altered, or of a newer version
 */
export async function readCheckpoint(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: { weightsOnly?: boolean } = {},
): Promise<Checkpoint> {
  const file = decodeSafetensors(bytes, name);
  expectCheckpoint(file);
  // In place: a full-size checkpoint has 440 MB, and a tab no room for another.
  const header = bytes.subarray(0, 8 + file.headerBytes);
  const asItWas = header.slice();
  blankChecksum(header, file.metadata.checksum ?? "");
  const digest = await sha256(bytes);
  header.set(asItWas);
  expectChecksum(file, digest);
  return decodeCheckpoint(file, options);
}

async function sha256(content: BufferSource): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
