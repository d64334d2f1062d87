import { closeSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileError } from "../../model/files/node";

/**
 * Scalars for TensorBoard. An event file is a series of TFRecords (length, CRC of the length, data, CRC of the data; all
 * little-endian), each holding one protocol buffer of type Event:
 *
 *     Event       1 wall_time: double   2 step: int64   3 file_version: string   5 summary: Summary   7 session_log: SessionLog
 *     Summary     1 value: repeated Value
 *     Value       1 tag: string   2 simple_value: float
 *     SessionLog  1 status: enum (1 is START)
 *
 * Sources: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto, tensorflow/core/lib/io/record_writer.h.
 */
export class EventFile {
  readonly path: string;
  readonly #file: number;
  /** Milliseconds; never less than at an event before, here or in an earlier file. */
  #time: number;

  /**
   * Starts a file in `folder` for the steps from `firstStep` on. Its first event tells TensorBoard to forget what earlier
   * files of the folder say of these steps: a resumed run takes them again.
   * @throws UserError where the file cannot be written
   */
  constructor(
    folder: string,
    firstStep: number,
    private readonly now: () => number = Date.now,
  ) {
    // TensorBoard reads a folder's files in the order of their names, whatever became of the clock.
    const earlier = earlierFiles(folder);
    this.#time = earlier.written;
    const seconds = Math.max(Math.floor(now() / 1000), earlier.seconds + 1);
    const name = [String(seconds).padStart(10, "0"), String(firstStep).padStart(9, "0"), hostname()].join(".");
    this.path = join(folder, `${PREFIX}${name}`);
    try {
      this.#file = openSync(this.path, "w");
    } catch (error) {
      throw fileError("write", this.path, error);
    }
    this.#event([bytes(3, Buffer.from("brain.Event:2"))]);
    this.#event([integer(2, firstStep), bytes(7, integer(1, SESSION_START))]);
  }

  /** Records values by tag at a step. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    const summary = Object.entries(values).map(([tag, value]) =>
      bytes(1, Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)])),
    );
    this.#event([integer(2, step), bytes(5, Buffer.concat(summary))]);
  }

  close(): void {
    closeSync(this.#file);
  }

  #event(fields: readonly Buffer[]): void {
    this.#time = Math.max(this.#time, this.now());
    const record = frame(Buffer.concat([double(1, this.#time / 1000), ...fields]));
    try {
      for (let done = 0; done < record.length; ) done += writeSync(this.#file, record, done);
    } catch (error) {
      throw fileError("write", this.path, error);
    }
  }
}

const SESSION_START = 1;
const PREFIX = "events.out.tfevents.";

/** When the newest event file of a folder says that it was begun (in s), and was last written to (in ms); 0 without one. */
function earlierFiles(folder: string): { seconds: number; written: number } {
  let newest = { seconds: 0, written: 0 };
  try {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(PREFIX)) continue;
      newest = {
        seconds: Math.max(newest.seconds, Number.parseInt(name.slice(PREFIX.length), 10) || 0),
        written: Math.max(newest.written, Math.ceil(statSync(join(folder, name)).mtimeMs)),
      };
    }
    return newest;
  } catch (error) {
    throw fileError("read", folder, error);
  }
}

// ---- TFRecord ----------------------------------------------------------------------------------------------------------

function frame(data: Buffer): Buffer {
  const out = Buffer.alloc(data.length + 16);
  out.writeBigUInt64LE(BigInt(data.length), 0);
  out.writeUInt32LE(maskedCrc(out.subarray(0, 8)), 8);
  data.copy(out, 12);
  out.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return out;
}

/** A CRC of data that holds CRCs itself would be weak; TFRecord turns it by 15 bits and adds a constant. */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32C (Castagnoli's polynomial, reflected: 0x82f63b78), as in RFC 3720. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

// ---- protocol buffers --------------------------------------------------------------------------------------------------

/** A field's key: its number and how its value is written (0 varint, 1 eight bytes, 2 counted bytes, 5 four bytes). */
const key = (field: number, wire: 0 | 1 | 2 | 5): Buffer => varint(field * 8 + wire);

/** Seven bits a byte, lowest first; the top bit says that more follow. */
function varint(value: number): Buffer {
  const out: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) out.push((value % 128) + 128);
  return Buffer.from([...out, value]);
}

const integer = (field: number, value: number): Buffer => Buffer.concat([key(field, 0), varint(value)]);

const bytes = (field: number, value: Buffer): Buffer => Buffer.concat([key(field, 2), varint(value.length), value]);

function double(field: number, value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), out]);
}

function float(field: number, value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeFloatLE(value);
  return Buffer.concat([key(field, 5), out]);
}
