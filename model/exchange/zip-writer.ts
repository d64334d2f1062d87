import { crc32 } from "./crc32";

/** One file of an archive. */
export interface ZipContent {
  readonly name: string;
  readonly content: Uint8Array;
}

/** Contents begin at multiples of this many bytes, as PyTorch has it, so that a mapped file's tensors are aligned. */
const ALIGN = 64;
/** Sizes and offsets are 32-bit fields here, the number of files is one of 16. */
const MAX_BYTES = 0xffffffff;
const MAX_FILES = 0xffff;

/**
 * A zip archive of uncompressed entries, in consecutive pieces: headers, and the given contents themselves. Layout:
 * PKWARE's APPNOTE, section 4.3.
 * @throws Error for what only a zip64 archive can hold
 */
export function encodeZip(files: readonly ZipContent[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  const add = (part: Uint8Array) => {
    parts.push(part);
    offset += part.length;
  };
  for (const { name, content } of files) {
    const path = new TextEncoder().encode(name);
    // What both headers say of an entry: version 2.0, no flags, stored, 1980-01-01, checksum, sizes, name, padding.
    const crc = crc32(content);
    const begin = offset + 30 + path.length + 4;
    const padding = new Uint8Array(4 + (Math.ceil(begin / ALIGN) * ALIGN - begin));
    padding.set([0x46, 0x42, (padding.length - 4) & 0xff, (padding.length - 4) >> 8]); // a field "FB", of zeros
    const facts = [u16(20, 0, 0, 0, 0x21), u32(crc, content.length, content.length)];
    directory.push(
      concat(
        u32(0x02014b50),
        u16(20),
        ...facts,
        u16(path.length, 0, 0, 0, 0),
        u32(0, offset), // no attributes
        path,
      ),
    );
    add(concat(u32(0x04034b50), ...facts, u16(path.length, padding.length), path, padding));
    add(content);
  }
  const begin = offset;
  for (const entry of directory) add(entry);
  if (offset > MAX_BYTES || files.length > MAX_FILES) {
    throw new Error(`an archive of ${files.length} files, ${offset} bytes, would need zip64`);
  }
  add(concat(u32(0x06054b50), u16(0, 0, files.length, files.length), u32(offset - begin, begin), u16(0)));
  return parts;
}

const u16 = (...values: number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer);
const u32 = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
