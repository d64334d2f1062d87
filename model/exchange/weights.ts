import { UserError } from "../../engine/index";
import { type ByteSource, SafetensorsFile } from "../files/index";
import { readTorchFile, type StateDict } from "./torch-file";

/**
 * Opens a file of weights, PyTorch's (.pth, .pt, .bin) or safetensors; which it is, its first bytes tell.
 * @param path for messages
 * @returns the sets of named tensors in it, the outermost first; safetensors has one
 * @throws UserError in one line naming the file, for one that is neither, torn, inconsistent, or asks to run anything
 */
export function openWeights(path: string, source: ByteSource): StateDict[] {
  const start = source.read(0, Math.min(source.size, 9));
  if (start[8] === BRACE) return [dictOf(new SafetensorsFile(path, source))];
  if (ZIP.every((byte, i) => start[i] === byte) || PICKLES.includes(start[0])) return readTorchFile(path, source);
  throw new UserError(`${path}: neither a PyTorch file nor safetensors`);
}

/** A safetensors header is a JSON object, after its length of 8 bytes. */
const BRACE = 0x7b;
const ZIP = [0x50, 0x4b];
/** What a pickle begins with: PROTO, and before protocol 2 GLOBAL, MARK, EMPTY_DICT or EMPTY_LIST. */
const PICKLES = [0x80, 0x63, 0x28, 0x7d, 0x5d];

function dictOf(file: SafetensorsFile): StateDict {
  return {
    where: "",
    metadata: file.metadata,
    names: file.names,
    shape: (name) => file.shape(name),
    dtype: (name) => file.dtype(name),
    f32: (name) => file.f32(name),
  };
}
