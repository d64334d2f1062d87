import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { UserError } from "../../engine/errors";
import { fileError, writeFileAtomic } from "../../model/files";

/** One training step, as it stands in `metrics.jsonl`. */
export interface StepRecord {
  /** Steps taken so far, this one included (from 1), and the epoch it belongs to (from 0). */
  step: number;
  epoch: number;
  loss: number;
  /** The loss's parts by name, already weighted, so that they add up to `loss`. */
  parts: Record<string, number>;
  lr: number;
  limb_weight: number;
  /** Time of the step, and of its images. */
  ms: number;
  images_per_s: number;
}

/**
 * A file of one JSON record a line. A record is handed to the system in one piece as it is appended, so a killed run
 * loses none; `sync` puts them on the disk. Not finite numbers become null, as JSON has none.
 */
export class MetricsLog<R extends { step: number }> {
  readonly #path: string;
  readonly #file: number;
  #length: number;

  private constructor(path: string, file: number, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /**
   * Opens the log, keeping the records up to step `keepUpTo`: the step of the checkpoint that is resumed from, 0 for a
   * new run. What was logged after that checkpoint will be logged again, so it is cut off (in one atomic step).
   * @throws UserError where the file cannot be written, or has something other than records before its last line
   */
  static async open<R extends { step: number }>(path: string, keepUpTo: number): Promise<MetricsLog<R>> {
    const kept = keepUpTo > 0 ? readMetrics<R>(path).filter(({ step }) => step <= keepUpTo) : [];
    const text = kept.map((record) => `${JSON.stringify(record)}\n`).join("");
    await writeFileAtomic(path, text);
    try {
      return new MetricsLog<R>(path, openSync(path, "r+"), Buffer.byteLength(text));
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  /** @throws UserError where the disk is full; the record is then left out whole. */
  append(record: R): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      for (let done = 0; done < line.length; ) {
        done += writeSync(this.#file, line, done, line.length - done, this.#length + done);
      }
      this.#length += line.length;
    } catch (error) {
      ftruncateSync(this.#file, this.#length);
      throw fileError("write", this.#path, error);
    }
  }

  /** Waits until every record is on the disk: before a checkpoint is saved, so that it never knows more than the log. */
  sync(): void {
    try {
      fsyncSync(this.#file);
    } catch (error) {
      throw fileError("write", this.#path, error);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/**
 * The records of a log, in order; none where the file is absent. A last line without its end is the trace of a crash
 * and left out.
 * @throws UserError naming the first other line that is no record
 */
export function readMetrics<R extends { step: number }>(path: string): R[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw fileError("read", path, error);
  }
  const lines = text.split("\n");
  lines.pop(); // empty after a whole last line, else the torn one
  return lines.map((line, i) => {
    try {
      const record = JSON.parse(line);
      if (Number.isSafeInteger(record?.step)) return record;
    } catch {
      // The line is reported below.
    }
    throw new UserError(`${path}: line ${i + 1} is not a record with a "step"`);
  });
}
