import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { crc32 } from "../../../model/exchange/crc32";
import { ZipArchive } from "../../../model/exchange/zip";
import { encodeZip } from "../../../model/exchange/zip-writer";
import { memorySource } from "../../../model/files/byte-source";

const test = suite("zip");

const files = [
  { name: "a/one", content: Uint8Array.of(1, 2, 3) },
  { name: "a/none", content: new Uint8Array(0) },
  { name: "a/\u00e9", content: new Uint8Array(100).fill(7) },
];
const written = (): Buffer => Buffer.concat(encodeZip(files));
const open = (bytes: Uint8Array) => new ZipArchive("x.zip", memorySource(bytes));

/** The same archive with every size and offset in the 64-bit fields that large archives have. */
function zip64(): Buffer {
  const bytes = written();
  const directory = bytes.indexOf("PK\x01\x02");
  const entries: Buffer[] = [];
  for (let at = directory; bytes.readUInt32LE(at) === 0x02014b50; ) {
    const end = at + 46 + bytes.readUInt16LE(at + 28);
    const entry = Buffer.from(bytes.subarray(at, end));
    const extra = Buffer.alloc(6 + 4 + 24);
    // Another program's field first: it must be passed over.
    extra.writeUInt16LE(0x4246, 0);
    extra.writeUInt16LE(2, 2);
    extra.writeUInt16LE(1, 6);
    extra.writeUInt16LE(24, 8);
    for (const [i, field] of [24, 20, 42].entries()) {
      extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(field)), 10 + 8 * i);
      entry.writeUInt32LE(0xffffffff, field);
    }
    entry.writeUInt16LE(extra.length, 30);
    entries.push(entry, extra);
    at = end;
  }
  const length = entries.reduce((sum, part) => sum + part.length, 0);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50);
  end64.writeBigUInt64LE(BigInt(length), 40);
  end64.writeBigUInt64LE(BigInt(directory), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50);
  locator.writeBigUInt64LE(BigInt(directory + length), 8);
  const end = Buffer.from(bytes.subarray(bytes.length - 22));
  end.writeUInt32LE(0xffffffff, 12);
  end.writeUInt32LE(0xffffffff, 16);
  return Buffer.concat([bytes.subarray(0, directory), ...entries, end64, locator, end]);
}

test("what was written reads back, with small and with 64-bit fields, and with a comment at the end", () => {
  const commented = Buffer.concat([written(), Buffer.from("a comment")]);
  commented.writeUInt16LE(9, commented.length - 9 - 2);
  for (const bytes of [written(), zip64(), commented]) {
    const archive = open(bytes);
    assert.equal(
      archive.names,
      files.map(({ name }) => name),
    );
    for (const { name, content } of files) {
      assert.is(archive.size(name), content.length);
      assert.equal(archive.read(name), content);
    }
  }
});

test("checksums are those of the standard", () => {
  assert.is(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assert.is(crc32(new Uint8Array(0)), 0);
});

test("archives that contradict themselves are refused", () => {
  const refused = (bytes: Uint8Array, name: string, reason: RegExp) =>
    assert.throws(
      () => open(bytes).read(name),
      (error: unknown) => error instanceof UserError && reason.test(error.message),
      String(reason),
    );
  const changed = (change: (bytes: Buffer, entry: number) => void) => {
    const bytes = written();
    change(bytes, bytes.indexOf("PK\x01\x02"));
    return bytes;
  };
  refused(written(), "a/two", /it has no entry "a\/two"/);
  refused(
    changed((bytes, entry) => bytes.writeUInt16LE(1, entry + 8)),
    "a/one",
    /"a\/one" is encrypted/,
  );
  refused(
    changed((bytes, entry) => bytes.writeUInt16LE(8, entry + 10)),
    "a/one",
    /"a\/one" is compressed/,
  );
  refused(
    changed((bytes, entry) => bytes.writeUInt32LE(5, entry + 42)),
    "a/one",
    /is not where the directory says/,
  );
  refused(
    changed((bytes, entry) => bytes.writeUInt32LE(0xfffffff0, entry + 42)),
    "a/one",
    /beyond the file's end/,
  );
  refused(
    changed((bytes, entry) => bytes.writeUInt32LE(1 << 20, entry + 20)),
    "a/one",
    /entries overlap/,
  );
  refused(
    changed((bytes, entry) => bytes.writeUInt16LE(999, entry + 28)),
    "a/one",
    /its directory is damaged/,
  );
  refused(written().subarray(0, -1), "a/one", /no directory at its end/);
  refused(zip64().subarray(100), "a/one", /zip64 directory is missing|directory lies beyond|directory is damaged/);
});

test.run();
