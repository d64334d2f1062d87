import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { crc32c, EventFile, maskedCrc } from "../../../train/files/tensorboard";

const test = suite("tensorboard");
const folder = mkdtempSync(join(tmpdir(), "nsrm-events-"));
test.after(() => rmSync(folder, { recursive: true }));

test("CRC-32C gives the published values", () => {
  // RFC 3720, B.4, and the polynomial's usual check value.
  assert.is(crc32c(Buffer.from("123456789")), 0xe3069283);
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.is(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.is(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  // The header that opens every event file of TensorFlow's own: a record of 24 bytes.
  assert.is(maskedCrc(Uint8Array.from([24, 0, 0, 0, 0, 0, 0, 0])), 0x224b7fa3);
});

/** A protocol buffer's fields, read by the wire format alone: numbers, or the bytes of what is counted. */
function fields(data: Buffer): [field: number, value: number | Buffer][] {
  const out: [number, number | Buffer][] = [];
  let at = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (; ; scale *= 128) {
      const byte = data[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const [field, wire] = [key >> 3, key & 7];
    if (wire === 0) out.push([field, varint()]);
    else if (wire === 1) out.push([field, data.readDoubleLE((at += 8) - 8)]);
    else if (wire === 5) out.push([field, data.readFloatLE((at += 4) - 4)]);
    else {
      const length = varint();
      out.push([field, data.subarray(at, (at += length))]);
    }
  }
  return out;
}
const field = (message: Buffer, wanted: number) => fields(message).find(([f]) => f === wanted)?.[1];

/** The events of a file, every length and checksum verified. */
function events(path: string): Buffer[] {
  const file = readFileSync(path);
  const out: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    assert.is(file.readUInt32LE(at + 8), maskedCrc(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    assert.is(data.length, length);
    assert.is(file.readUInt32LE(at + 12 + length), maskedCrc(data));
    out.push(data);
    at += length + 16;
  }
  return out;
}

/** [step, tag, value] of every scalar. */
const scalars = (all: readonly Buffer[]) =>
  all.flatMap((event) => {
    const summary = field(event, 5) as Buffer | undefined;
    const values = summary ? fields(summary).map(([, value]) => value as Buffer) : [];
    return values.map((value) => [field(event, 2), String(field(value, 1)), field(value, 2)]);
  });

test("scalars read back as they were written", () => {
  const file = new EventFile(folder, 1, () => 1_700_000_000_500);
  file.scalars(1, { loss: 0.5, "valid/PCK@0.2": 0.25 });
  file.scalars(300, { loss: Number.NaN });
  file.scalars(5_000_000_000, { loss: Number.POSITIVE_INFINITY });
  file.close();
  const [version, start, ...rest] = events(file.path);
  assert.is(field(version, 1), 1_700_000_000.5);
  assert.is(String(field(version, 3)), "brain.Event:2");
  assert.is(field(start, 2), 1);
  assert.is(field(field(start, 7) as Buffer, 1), 1);
  assert.equal(scalars(rest), [
    [1, "loss", 0.5],
    [1, "valid/PCK@0.2", 0.25],
    [300, "loss", Number.NaN],
    [5_000_000_000, "loss", Number.POSITIVE_INFINITY],
  ]);
});

test("a resumed run's file comes after and takes its steps back, also where the clock has gone back", () => {
  const now = Date.now() + 10_000;
  // In the same second, later, an hour earlier, and for fewer steps.
  for (const [firstStep, at] of [
    [41, now],
    [120, now + 900],
    [119, now + 60_000],
    [300, now - 3_600_000],
    [20, now - 3_600_000],
  ]) {
    const path = join(folder, new EventFile(folder, firstStep, () => at).path.split("/").at(-1)!);
    utimesSync(path, Math.max(at, now) / 1000, Math.max(at, now) / 1000);
  }
  const names = readdirSync(folder).sort();
  const files = names.map((name) => events(join(folder, name)));
  assert.equal(
    files.map(([, start]) => field(start, 2)),
    [1, 41, 120, 119, 300, 20],
  );
  const times = files.flat().map((event) => Number(field(event, 1)));
  assert.ok(
    times.every((time, i) => i === 0 || time >= times[i - 1]),
    `${times}`,
  );
  assert.ok(names.every((name) => name.includes("tfevents")));
});

test("a folder that is not there is refused in one line", () => {
  assert.throws(
    () => new EventFile(join(folder, "none"), 1),
    (e: unknown) => e instanceof UserError && /no such file or folder/.test(e.message),
  );
});

test.run();
