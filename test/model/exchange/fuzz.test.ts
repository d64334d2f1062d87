import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { findNetwork, findVgg19 } from "../../../model/exchange/recognise";
import { encodeTorchFile } from "../../../model/exchange/torch-writer";
import { openWeights } from "../../../model/exchange/weights";
import { ZipArchive } from "../../../model/exchange/zip";
import { encodeZip } from "../../../model/exchange/zip-writer";
import { memorySource } from "../../../model/files/byte-source";
import { encodeSafetensors } from "../../../model/files/safetensors-format";
import { networkParameters } from "../../../model/network/network";
import { damaged, generator, noise, type Random, some } from "../../helpers/damage";

/** Damaged and hostile files: each is read, or refused in one line; nothing else, and never at length. */
const test = suite("weights: fuzz");

const golden = JSON.parse(readFileSync("test/golden/torch-files.json", "utf8")) as {
  files: Record<string, { file: string }>;
};
const files = Object.entries(golden.files).map(
  ([name, { file }]) => [name, new Uint8Array(Buffer.from(file, "base64"))] as const,
);

/** The smallest network there can be, so that damage reaches names and shapes that are looked at. */
const spec = {
  architecture: "NSRM",
  widths: { vgg: [1, 1, 1, 1], feat: 1, stage: 1, hid: 1 },
  limbChannels: 1,
  keypointChannels: 21,
} as const;
const network = networkParameters(spec).map(({ name, shape }) => ({
  name,
  shape,
  data: new Float32Array(shape.reduce((product, n) => product * n, 1)).fill(0.5),
}));

/** Reads all that there is, as the command line would. @returns whether it could be read */
function readAll(bytes: Uint8Array, what: string): boolean {
  try {
    const dicts = openWeights("x", memorySource(bytes));
    let floats = 0;
    for (const dict of dicts) for (const name of dict.names) floats += dict.f32(name).length;
    assert.ok(4 * floats <= 16 * Math.max(bytes.length, 65536), `${what}: ${floats} floats of ${bytes.length} bytes`);
    const found = findNetwork("x", dicts);
    if (!found) findVgg19("x", dicts);
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw new Error(`${what}: ${(error as Error)?.stack}`);
    assert.match(error.message, /^x: [^\n]+$/, what);
    return false;
  }
}

/** @returns how many of `count` damaged files could still be read */
function survivors(count: number, seed: number, make: (random: Random) => Uint8Array): number {
  const random = generator(seed);
  let read = 0;
  for (let n = 0; n < count; n++) if (readAll(make(random), `seed ${seed}, file ${n}`)) read++;
  return read;
}

test("files of torch.save with damage anywhere", () => {
  const read = survivors(3000, 1, (random) => damaged(some(files, random)[1], random));
  // Damage to a legacy file's numbers cannot be seen; if all were refused, nothing would have been tried.
  assert.ok(read > 100 && read < 2900, `${read} of 3000 could be read`);
});

test("zip archives with a damaged pickle and right checksums", () => {
  const zips = files.filter(([name]) => name.startsWith("zip"));
  const read = survivors(2000, 2, (random) => {
    const archive = new ZipArchive("x", memorySource(some(zips, random)[1]));
    const entries = archive.names.map((name) => ({ name, content: archive.read(name) as Uint8Array }));
    const target = entries.find(({ name }) => name.endsWith("data.pkl"))!;
    target.content = damaged(target.content, random);
    return new Uint8Array(Buffer.concat(encodeZip(entries)));
  });
  assert.ok(read > 20 && read < 1980, `${read} of 2000 could be read`);
});

test("safetensors with damage to header and data, a network and others", () => {
  const whole = [
    new Uint8Array(Buffer.concat(encodeSafetensors(network, { kind: "x" }))),
    new Uint8Array(Buffer.concat(encodeSafetensors(network.slice(0, 3)))),
  ];
  const read = survivors(2000, 3, (random) => {
    const file = some(whole, random);
    // Most of it is data: half of the damage goes to the header.
    const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    if (random(2)) return damaged(file, random);
    return new Uint8Array([...damaged(file.subarray(0, header), random), ...file.subarray(header)]);
  });
  assert.ok(read > 20 && read < 1980, `${read} of 2000 could be read`);
});

test("a network in a PyTorch file, with damage to its names and shapes", () => {
  const file = new Uint8Array(Buffer.concat(encodeTorchFile(network)));
  const archive = new ZipArchive("x", memorySource(file));
  const pickle = archive.read("weights/data.pkl");
  const entries = archive.names.map((name) => ({ name, content: archive.read(name) as Uint8Array }));
  assert.ok(findNetwork("x", openWeights("x", memorySource(file))));
  survivors(300, 4, (random) => {
    entries.find(({ name }) => name.endsWith("data.pkl"))!.content = damaged(pickle, random);
    return new Uint8Array(Buffer.concat(encodeZip(entries)));
  });
});

test("bytes at random, behind each beginning that is looked at", () => {
  const starts = ["", "PK\x03\x04", "\x80\x02", "\x80\x04\x95", "(", "\x40\0\0\0\0\0\0\0{"];
  const read = survivors(2000, 5, (random) => noise(starts, random));
  assert.ok(read < 100, `${read} of 2000 could be read`);
});

test("files made to take memory or time are refused soon", () => {
  const torch = (pickle: Buffer) =>
    new Uint8Array(Buffer.concat(encodeZip([{ name: "a/data.pkl", content: new Uint8Array(pickle) }])));
  const proto = Buffer.from("\x80\x02", "latin1");
  const many = (count: number, text: string) => Buffer.alloc(count, text, "latin1");
  // Two values are remembered, a long one and a function; then the one is given to the other again and again.
  const memoOf = (long: Buffer, fn: string) => Buffer.concat([proto, long, Buffer.from(`q\x000c${fn}\nq\x010`)]);
  const numbers = Buffer.concat([
    Buffer.from("]("),
    ...Array.from({ length: 100_000 }, (_, i) => int(i)),
    Buffer.from("e"),
  ]);
  const text = Buffer.concat([Buffer.from("X"), int(1_000_000).subarray(1), many(1_000_000, "a")]);
  const bytes = Buffer.concat([Buffer.from("B"), int(1_000_000).subarray(1), Buffer.alloc(1_000_000)]);
  const again = many(7 * 2000, "h\x01h\0\x85R0");
  const doubles = Buffer.from("cnumpy\ndtype\nX\x02\0\0\0f8\x85Rq\x020", "latin1");
  const scalars = many(9 * 2000, "h\x01h\x02h\0\x86R0");
  const hostile: Record<string, Uint8Array> = {
    "two thousand sets of one list": torch(Buffer.concat([memoOf(numbers, "builtins\nset"), again])),
    "a text encoded two thousand times": torch(Buffer.concat([memoOf(text, "_codecs\nencode"), again])),
    "two thousand numbers out of one array": torch(
      Buffer.concat([memoOf(bytes, "numpy.core.multiarray\nscalar"), doubles, scalars]),
    ),
    "a string of Python 2, of 30 MB": torch(
      Buffer.concat([proto, Buffer.from("T"), int(30e6).subarray(1), many(30e6, "a.")]),
    ),
    "five million dicts": torch(Buffer.concat([proto, many(5_000_000, "}")])),
    "as many marks": torch(Buffer.concat([proto, many(5_000_000, "("), Buffer.from(".")])),
    "lists within lists": torch(Buffer.concat([proto, many(3_000_000, "]"), many(2_999_999, "a"), Buffer.from(".")])),
    "a text longer than the file": torch(Buffer.from("\x80\x02X\xff\xff\xff\x7fx", "latin1")),
    "a zip of overlapping entries": overlapping(),
    "safetensors, fifty thousand networks": new Uint8Array(
      Buffer.concat(
        encodeSafetensors(
          Array.from({ length: 50_000 }, (_, n) => ({
            name: `${n}.vgg19.backbone.0.weight`,
            shape: [0],
            data: new Float32Array(0),
          })),
        ),
      ),
    ),
  };
  for (const [what, bytes] of Object.entries(hostile)) {
    // The processor's time: the clock's depends on what else the machine does.
    const begun = process.cpuUsage();
    const before = process.memoryUsage().rss;
    readAll(bytes, what);
    const { user, system } = process.cpuUsage(begun);
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(user + system < 5e6, `${what}: ${(user + system) / 1e6} s`);
    assert.ok(grown < 1000, `${what}: ${grown} MiB`);
  }
});

/** The pickle's BININT and its four bytes. */
function int(value: number): Buffer {
  const bytes = Buffer.from("J....");
  bytes.writeInt32LE(value, 1);
  return bytes;
}

/** A thousand directory entries that are all one entry's bytes. */
function overlapping(): Uint8Array {
  const file = Buffer.concat(encodeZip([{ name: "a/data.pkl", content: new Uint8Array(4096) }]));
  const directory = file.lastIndexOf("PK\x01\x02");
  const entry = file.subarray(directory, file.length - 22);
  const entries = Array.from({ length: 1000 }, (_, n) => {
    const copy = Buffer.from(entry);
    copy.write(String(n).padStart(10, "0"), 46);
    return copy;
  });
  const end = Buffer.from(file.subarray(file.length - 22));
  end.writeUInt32LE(1000 * entry.length, 12);
  return new Uint8Array(Buffer.concat([file.subarray(0, directory), ...entries, end]));
}

test.run();
