import { decodeSafetensors } from "../../model/safetensors-format";
import {
  blankChecksum,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  expectCheckpoint,
  expectChecksum,
  stampChecksum,
} from "../../train/files/checkpoint-format";

/** The checkpoint as the file that Node's `train --resume` goes on from. */
export async function checkpointFile(checkpoint: Checkpoint): Promise<Blob> {
  const parts = encodeCheckpoint(checkpoint) as Uint8Array<ArrayBuffer>[];
  stampChecksum(parts[0], await sha256(new Blob(parts)));
  return new Blob(parts);
}

/**
 * Reads a checkpoint, of this page's or of Node's making.
 * @throws UserError in one line for a file that is none, torn, altered, or of a newer version
 */
export async function readCheckpoint(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Checkpoint> {
  const file = decodeSafetensors(bytes, name);
  expectCheckpoint(file);
  const header = bytes.slice(0, 8 + file.headerBytes);
  blankChecksum(header, file.metadata.checksum ?? "");
  expectChecksum(file, await sha256(new Blob([header, bytes.subarray(header.length)])));
  return decodeCheckpoint(file);
}

async function sha256(content: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await content.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
