import { fileSource } from "./file-source";
import { writeFileAtomic } from "./files";
import { encodeSafetensors, type NamedArray, SafetensorsFile } from "./safetensors-format";

export type { Dtype } from "./dtype";
export {
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
