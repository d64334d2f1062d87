import { UserError } from "../../engine/errors/index";
import { type ByteSource, memorySource } from "./byte-source";
import { DTYPE_BYTES, type Dtype, elements, MAX_AXES, toFloat32 } from "./dtype";
import { quote } from "./quote";

/**
 * The safetensors format: eight bytes of little-endian header length, a JSON header that gives each tensor's dtype,
 * shape and byte range, then the raw little-endian data. See https://github.com/huggingface/safetensors#format.
 * This file knows bytes only, so that it serves a web page as well as Node; files are read in safetensors.ts.
 */

/** The reference implementation's own limit; a longer header is a damaged or hostile length field. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_KEY = "__metadata__";

interface Entry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte range within the data section. */
  readonly begin: number;
  readonly end: number;
}

/** An opened safetensors file: the header is checked and in memory, tensors are read when asked for. */
export class SafetensorsFile {
  readonly names: readonly string[];
  /** The header's own length in bytes, without the eight before it. */
  readonly headerBytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #entries: Map<string, Entry>;
  readonly #source: ByteSource;

  /**
   * Reads and checks the header. `path` is used in messages.
   * @throws UserError naming the file, and the tensor where it is one, for anything that is not a whole, consistent file
   */
  constructor(
    readonly path: string,
    source: ByteSource,
  ) {
    this.#source = source;
    this.headerBytes = headerLength(path, source);
    const header = parseHeader(path, source.read(8, this.headerBytes));
    this.metadata = header.metadata;
    this.#entries = header.entries;
    this.names = [...header.entries.keys()];
    checkLayout(path, header.entries, source.size - 8 - this.headerBytes);
  }

  /** Whether there is such a tensor. */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** @throws UserError naming the file for an unknown tensor */
  shape(name: string): readonly number[] {
    return this.#entry(name).shape;
  }

  /** @throws UserError naming the file for an unknown tensor */
  dtype(name: string): Dtype {
    return this.#entry(name).dtype;
  }

  /** The tensor's raw little-endian bytes, a fresh copy. */
  bytes(name: string): Uint8Array<ArrayBuffer> {
    const { begin, end } = this.#entry(name);
    return this.#source.read(8 + this.headerBytes + begin, end - begin);
  }

  /** The tensor's values as float32, row-major; other dtypes are converted (rounded to nearest where they must be). */
  f32(name: string): Float32Array<ArrayBuffer> {
    return toFloat32(elements(this.dtype(name), this.bytes(name)));
  }

  /** The tensor's values as float64, row-major; exact for every dtype but 64-bit integers beyond 2^53. */
  f64(name: string): Float64Array<ArrayBuffer> {
    const values = elements(this.dtype(name), this.bytes(name));
    return values instanceof Float64Array ? values : Float64Array.from(values);
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new UserError(`${this.path}: it has no tensor ${quote(name)}`);
    return entry;
  }
}

/** A file that is already in memory, for instance one fetched by a web page. Tensors are copied out of `bytes`. */
export function decodeSafetensors(bytes: Uint8Array, path: string): SafetensorsFile {
  return new SafetensorsFile(path, memorySource(bytes));
}

function headerLength(path: string, source: ByteSource): number {
  if (source.size < 8) {
    throw new UserError(`${path}: not a safetensors file: ${source.size} bytes, its header length alone takes 8`);
  }
  const length = new DataView(source.read(0, 8).buffer).getBigUint64(0, true);
  if (length > BigInt(source.size - 8)) {
    throw new UserError(
      `${path}: not a safetensors file, or cut short: its header should have ${length} bytes, only ${source.size - 8} follow`,
    );
  }
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new UserError(`${path}: a safetensors header has at most ${MAX_HEADER_BYTES} bytes, this one ${length}`);
  }
  return Number(length);
}

function parseHeader(
  path: string,
  bytes: Uint8Array,
): { metadata: Record<string, string>; entries: Map<string, Entry> } {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw new UserError(`${path}: not a safetensors file: its header is not JSON`);
  }
  if (!isObject(header)) throw new UserError(`${path}: not a safetensors file: its header is not a JSON object`);
  // JSON.parse silently keeps the last of two equal keys; two readers could then disagree on what the file says.
  const twice = duplicateKey(text);
  if (twice !== null) throw new UserError(`${path}: its header gives ${quote(twice)} twice`);

  let metadata: Record<string, string> = {};
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== METADATA_KEY) {
      entries.set(name, parseEntry(path, name, value));
      continue;
    }
    if (!isObject(value)) throw new UserError(`${path}: ${METADATA_KEY} is not a JSON object`);
    const odd = Object.entries(value).find(([, item]) => typeof item !== "string");
    if (odd) throw new UserError(`${path}: ${METADATA_KEY} ${quote(odd[0])} is not a string`);
    metadata = value as Record<string, string>;
  }
  return { metadata, entries };
}

function parseEntry(path: string, name: string, value: unknown): Entry {
  const where = `${path}: tensor ${quote(name)}`;
  if (!isObject(value)) throw new UserError(`${where}: its description is not a JSON object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    const known = Object.keys(DTYPE_BYTES).join(", ");
    throw new UserError(
      `${where}: dtype ${typeof dtype === "string" ? quote(dtype) : typeof dtype} is not one of ${known}`,
    );
  }
  if (!Array.isArray(shape) || shape.length > MAX_AXES || !shape.every(isCount)) {
    throw new UserError(`${where}: its shape is not a list of at most ${MAX_AXES} whole numbers`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1]) {
    throw new UserError(`${where}: its data_offsets are not [begin, end] in bytes`);
  }
  const [begin, end] = offsets;
  const needed = shape.reduce((product, n) => product * n, DTYPE_BYTES[dtype as Dtype]);
  if (needed !== end - begin) {
    throw new UserError(
      `${where}: ${dtype} [${shape.join(", ")}] takes ${needed} bytes, its data_offsets ${end - begin}`,
    );
  }
  return { dtype: dtype as Dtype, shape, begin, end };
}

/** Tensors must cover the data section from first byte to last, without gap or overlap. */
function checkLayout(path: string, entries: Map<string, Entry>, dataBytes: number): void {
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let before = "";
  for (const [name, { begin, end }] of inOrder) {
    const where = `${path}: tensor ${quote(name)}`;
    if (end > dataBytes) {
      throw new UserError(`${where}: it ends at byte ${end} of the data, which has ${dataBytes} (file cut short?)`);
    }
    if (begin < covered) throw new UserError(`${where}: it overlaps tensor ${quote(before)}`);
    if (begin > covered) throw new UserError(`${where}: ${begin - covered} bytes before it belong to no tensor`);
    covered = end;
    before = name;
  }
  if (covered !== dataBytes) {
    throw new UserError(`${path}: ${dataBytes - covered} bytes at its end belong to no tensor`);
  }
}

/** The first key that occurs twice within one object of a (valid) JSON text, or null. */
function duplicateKey(text: string): string | null {
  const colon = /\s*:/y;
  const open: (Set<string> | null)[] = []; // one item for each enclosing object (its keys so far) or array (null)
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "{") open.push(new Set());
    else if (c === "[") open.push(null);
    else if (c === "}" || c === "]") open.pop();
    else if (c === '"') {
      const begin = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === "\\") i++;
      const keys = open[open.length - 1];
      colon.lastIndex = i + 1;
      if (!keys || !colon.test(text)) continue; // a value, not a key
      const key: string = JSON.parse(text.slice(begin, i + 1));
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A tensor to be written; its dtype follows from the kind of array. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Uint8Array | Int8Array | Int32Array | Uint32Array | BigInt64Array;
}

function dtypeOf(data: NamedArray["data"]): Dtype {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Uint8Array) return "U8";
  if (data instanceof Int8Array) return "I8";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint32Array) return "U32";
  return "I64";
}

/**
 * The file as consecutive pieces: the header, then each tensor's bytes (views of the given arrays, not copies).
 * Equal tensors and metadata give equal bytes whatever their order: wide dtypes come first (so that every tensor stays
 * aligned), then by name, as the reference implementation does; metadata by key.
 */
export function encodeSafetensors(
  tensors: Iterable<NamedArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const list = [...tensors].map((tensor) => ({ ...tensor, dtype: dtypeOf(tensor.data) }));
  list.sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || compare(a.name, b.name));
  const fields: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) {
    fields.push([METADATA_KEY, Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => compare(a, b)))]);
  }
  let end = 0;
  for (const { name, shape, data, dtype } of list) {
    if (shape.reduce((product, n) => product * n, 1) !== data.length) {
      throw new Error(`tensor "${name}": shape [${shape.join(", ")}] does not hold ${data.length} values`);
    }
    fields.push([name, { dtype, shape, data_offsets: [end, (end += data.byteLength)] }]);
  }
  const names = new Set(fields.map(([name]) => name));
  if (names.size !== fields.length || list.some(({ name }) => name === METADATA_KEY)) {
    throw new Error("two tensors have the same name, or one the reserved name __metadata__");
  }
  // Written field by field: an object would move names that look like numbers to the front, and lose "__proto__".
  const json = `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return [header, ...list.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
