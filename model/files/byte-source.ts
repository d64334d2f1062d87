/** Where a file's bytes come from: the disk (file-source.ts), or memory, for instance in a web page. */
export interface ByteSource {
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset` on, in a buffer that holds nothing else; the caller may keep but not change them.
   * Throws where there are fewer.
   */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

/** A file that is already in memory. What is read is copied, so that it is aligned whatever its offset. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      if (offset + length > bytes.length)
        throw new RangeError(`bytes ${offset} to ${offset + length} of ${bytes.length}`);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}
