import { UserError } from "../../engine/index";
import type { ByteSource, Dtype } from "../files/index";
import type { NamedTensors } from "./named-tensors";
import { PickleError, readPickle } from "./pickle";
import { torchGlobals } from "./torch-globals";
import { StorageTable } from "./torch-storage";
import { TorchTensor } from "./torch-tensor";
import { ZipArchive } from "./zip";

/** A dict of tensors somewhere in a file of torch.save. */
export interface StateDict extends NamedTensors {
  /** The keys that lead to it, such as "state_dict"; empty where the file is nothing else. */
  readonly where: string;
  /** What a safetensors file says of itself; a PyTorch file says nothing. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Tensors may look into shared storages, and halves become floats; beyond this something is wrong. */
const MAX_GROWTH = 16;
const SMALL_FILE = 1 << 16;
/** Levels of dicts and lists around a state dict that are looked into. */
const MAX_DEPTH = 8;

const READS = "state dicts (of torch.save(model.state_dict(), ...))";

/**
 * Reads a file of torch.save, of either format. Tensors are read from it when they are asked for.
 * @param path for messages
 * @returns every dict in it that has tensors, the outermost first
 * @throws UserError in one line naming the file: for a pickle that asks for anything but what weights are made of, for
 *   tensors that do not lie within their storages, for a file that is cut short
 */
export function readTorchFile(path: string, source: ByteSource): StateDict[] {
  const globals = torchGlobals(MAX_GROWTH * Math.max(source.size, SMALL_FILE));
  const isZip = source.size >= 4 && source.read(0, 2).join() === ZIP_BEGINS.join();
  return stateDicts(isZip ? readZip(path, source, globals) : readLegacy(path, source, globals));
}

const ZIP_BEGINS = [0x50, 0x4b]; // "PK"

/**
 * The format since PyTorch 1.6: a zip archive with one folder, in it the pickle `data.pkl` and each storage's bytes as
 * `data/KEY`.
 */
function readZip(path: string, source: ByteSource, globals: Readonly<Record<string, unknown>>): unknown {
  const archive = new ZipArchive(path, source);
  const pickles = archive.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) throw new UserError(`${path}: a zip archive, but not one of PyTorch's: no data.pkl in it`);
  const folder = pickles[0].slice(0, -"data.pkl".length);
  const order = `${folder}byteorder`;
  if (archive.has(order) && new TextDecoder().decode(archive.read(order)) !== "little") {
    throw new UserError(`${path}: saved on a big-endian machine, which is not read here`);
  }
  const storages = new StorageTable((key, bytes) => {
    const name = `${folder}data/${key}`;
    if (!archive.has(name)) throw new PickleError(`its storage ${name} is missing`);
    if (archive.size(name) !== bytes) {
      throw new PickleError(`its storage ${name} has ${archive.size(name)} bytes, where ${bytes} are expected`);
    }
    return () => archive.read(name);
  });
  const pickle = archive.read(pickles[0]);
  return readPickle(pickle, path, { globals, reads: READS, persistent: (id) => storages.find(id) }).value;
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_VERSION = 1001;

/**
 * The format before: one pickle after another (a magic number, a version, facts on the machine, the object, the list of
 * its storages), then each storage as a count of 8 bytes and its elements.
 */
function readLegacy(path: string, source: ByteSource, globals: Readonly<Record<string, unknown>>): unknown {
  const file = source.read(0, source.size);
  /** Byte ranges of the storages, known only once everything before them is read. */
  const ranges = new Map<string, { begin: number; end: number }>();
  const storages = new StorageTable((key) => () => {
    const { begin, end } = ranges.get(key)!;
    return file.slice(begin, end);
  });
  let at = 0;
  const next = (persistent?: (id: unknown) => unknown): unknown => {
    const { value, end } = readPickle(file, path, { globals, reads: READS, persistent }, at);
    at = end;
    return value;
  };

  if (next() !== LEGACY_MAGIC) throw new UserError(`${path}: a Python pickle, but not one that torch.save has made`);
  const version = next();
  if (version !== LEGACY_VERSION) throw new UserError(`${path}: a PyTorch file of a version that is not read here`);
  const machine = next();
  if (machine instanceof Map && machine.get("little_endian") === false) {
    throw new UserError(`${path}: saved on a big-endian machine, which is not read here`);
  }
  const object = next((id) => storages.find(id));
  const keys = next();

  if (!Array.isArray(keys)) throw new UserError(`${path}: a PyTorch file without a list of its storages`);
  const view = new DataView(file.buffer);
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw new UserError(`${path}: it holds a storage that belongs to no tensor`);
    const begin = at + 8;
    const end = begin + storage.bytes;
    if (end > file.length) throw new UserError(`${path}: its tensors end too early (cut short?)`);
    if (view.getBigUint64(at, true) !== BigInt(storage.length)) {
      throw new UserError(`${path}: a storage's length is not what its tensors say`);
    }
    ranges.set(key, { begin, end });
    at = end;
  }
  if (ranges.size < storages.size) throw new UserError(`${path}: some of its tensors have no storage`);
  return object;
}

/** Every dict with tensors among its values, breadth first; each object is looked at once, however often it is named. */
function stateDicts(root: unknown): StateDict[] {
  const found: StateDict[] = [];
  const seen = new Set<unknown>();
  const queue = [{ value: root, where: "", depth: 0 }];
  for (const { value, where, depth } of queue) {
    if (seen.has(value) || depth > MAX_DEPTH) continue;
    seen.add(value);
    const items = value instanceof Map || Array.isArray(value) ? [...value.entries()] : [];
    const tensors = items.filter(([key, item]) => typeof key === "string" && item instanceof TorchTensor);
    if (tensors.length > 0) found.push(stateDict(where, new Map(tensors as [string, TorchTensor][])));
    for (const [key, item] of items) {
      if (typeof key !== "string" && typeof key !== "number") continue;
      if (typeof item === "object" && item !== null)
        queue.push({ value: item, where: where ? `${where}.${key}` : `${key}`, depth: depth + 1 });
    }
  }
  return found;
}

function stateDict(where: string, tensors: ReadonlyMap<string, TorchTensor>): StateDict {
  return {
    where,
    metadata: {},
    names: [...tensors.keys()],
    shape: (name) => tensors.get(name)!.shape,
    dtype: (name): Dtype => tensors.get(name)!.dtype,
    f32: (name) => tensors.get(name)!.f32(),
  };
}
