import { UserError } from "../../engine/index";
import { type ByteSource, quote } from "../files/index";
import { crc32 } from "./crc32";

/**
 * Reads zip archives of uncompressed entries, which is how PyTorch writes them, zip64's large sizes included. (Nothing is
 * inflated, so that a small file cannot become a large one.) Layout: PKWARE's APPNOTE, sections 4.3 and 4.5.3.
 */
export class ZipArchive {
  readonly #entries = new Map<string, Entry>();

  /**
   * Reads the directory at the archive's end.
   * @param path for messages
   * @throws UserError naming the file for an archive that is cut short or inconsistent
   */
  constructor(
    private readonly path: string,
    private readonly source: ByteSource,
  ) {
    const { offset, length } = findDirectory(path, source);
    const directory = source.read(offset, length);
    const view = viewOf(directory);
    for (let at = 0; at < length; ) {
      if (at + 46 > length || view.getUint32(at, true) !== CENTRAL_HEADER) this.#fail("its directory is damaged");
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
      const end = at + 46 + nameLength + extraLength + commentLength;
      if (end > length) this.#fail("its directory is damaged");
      const name = new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameLength));
      if (this.#entries.has(name)) this.#fail(`it has two entries ${quote(name)}`);
      const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
      this.#entries.set(name, entryOf(view, at, extra));
      at = end;
    }
    let total = 0;
    for (const { size } of this.#entries.values()) total += size;
    if (total > source.size) this.#fail("its entries overlap");
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Bytes of an entry. */
  size(name: string): number {
    return this.#entry(name).size;
  }

  /** An entry's content. @throws UserError where it is absent, compressed, encrypted, or does not match its checksum */
  read(name: string): Uint8Array<ArrayBuffer> {
    const { offset, size, crc, method, flags } = this.#entry(name);
    const entry = `entry ${quote(name)}`;
    if (flags & ENCRYPTED) this.#fail(`${entry} is encrypted`);
    if (method !== STORED) this.#fail(`${entry} is compressed; PyTorch's own files are not`);
    if (offset + LOCAL_BYTES > this.source.size) this.#fail(`${entry} lies beyond the file's end (cut short?)`);
    const header = viewOf(this.source.read(offset, LOCAL_BYTES));
    if (header.getUint32(0, true) !== LOCAL_HEADER) this.#fail(`${entry} is not where the directory says`);
    const begin = offset + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    if (begin + size > this.source.size) this.#fail(`${entry} lies beyond the file's end (cut short?)`);
    const content = this.source.read(begin, size);
    if (crc32(content) !== crc) this.#fail(`${entry} is damaged: it does not match its checksum`);
    return content;
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) this.#fail(`it has no entry ${quote(name)}`);
    return entry;
  }

  #fail(reason: string): never {
    throw new UserError(`${this.path}: not a zip archive that can be read here: ${reason}`);
  }
}

interface Entry {
  /** Where its local header begins. */
  readonly offset: number;
  /** Bytes that it takes in the archive. */
  readonly size: number;
  readonly crc: number;
  readonly method: number;
  readonly flags: number;
}

const LOCAL_HEADER = 0x04034b50;
const LOCAL_BYTES = 30;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_BYTES = 20;
/** What a 32-bit field holds where the value stands in a zip64 field instead. */
const IN_ZIP64 = 0xffffffff;
const ZIP64_EXTRA = 1;
const STORED = 0;
const ENCRYPTED = 1;

/** The central directory's place, from the record at the file's end. */
function findDirectory(path: string, source: ByteSource): { offset: number; length: number } {
  const fail = (reason: string): never => {
    throw new UserError(`${path}: not a zip archive that can be read here: ${reason}`);
  };
  const tail = source.read(
    Math.max(0, source.size - END_BYTES - MAX_COMMENT),
    Math.min(source.size, END_BYTES + MAX_COMMENT),
  );
  const view = viewOf(tail);
  let at = tail.length - END_BYTES;
  while (at >= 0 && view.getUint32(at, true) !== END) at--;
  if (at < 0) return fail("it has no directory at its end (cut short?)");
  let length = view.getUint32(at + 12, true);
  let offset = view.getUint32(at + 16, true);
  if (offset === IN_ZIP64 || length === IN_ZIP64) {
    const locator = at - LOCATOR64_BYTES;
    if (locator < 0 || view.getUint32(locator, true) !== LOCATOR64) return fail("its zip64 directory is missing");
    const end64 = Number(view.getBigUint64(locator + 8, true));
    if (end64 + END64_BYTES > source.size) return fail("its zip64 directory is missing");
    const record = viewOf(source.read(end64, END64_BYTES));
    if (record.getUint32(0, true) !== END64) return fail("its zip64 directory is missing");
    length = Number(record.getBigUint64(40, true));
    offset = Number(record.getBigUint64(48, true));
  }
  if (offset + length > source.size) return fail("its directory lies beyond the file's end (cut short?)");
  return { offset, length };
}

/** @param extra the directory entry's extra fields, where zip64 keeps what does not fit 32 bits */
function entryOf(view: DataView, at: number, extra: Uint8Array): Entry {
  const fields = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  const large = zip64Values(extra);
  // In this order; only those that are missing above are there.
  const [, size, offset] = fields.map((value) => (value === IN_ZIP64 ? (large.shift() ?? IN_ZIP64) : value));
  const [flags, method] = [8, 10].map((field) => view.getUint16(at + field, true));
  return { offset, size, crc: view.getUint32(at + 16, true), method, flags };
}

function zip64Values(extra: Uint8Array): number[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (id === ZIP64_EXTRA && at + 4 + length <= extra.length) {
      return Array.from({ length: Math.floor(length / 8) }, (_, i) => Number(view.getBigUint64(at + 4 + 8 * i, true)));
    }
    at += 4 + length;
  }
  return [];
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
