import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { UserError } from "../../engine/index";
import { fileError, writeFileAtomic } from "../../model/files/node";

/** What makes two records one and the same. */
type Identity<R> = (record: R) => unknown;

/**
 * A file of one JSON record a line. A record is handed to the system in one piece as it is appended, so a killed run
 * loses none; `sync` puts them on the disk. Not finite numbers become null, as JSON has none.
 */
export class MetricsLog<R extends { step: number }> {
  #file = -1;
  #length = 0;

  private constructor(
    readonly path: string,
    /** What is wrong with the file as it was found, in one line each; what was damaged is left out. */
    readonly problems: readonly string[],
    private readonly identity?: Identity<R>,
  ) {}

  /**
   * Opens the log, keeping the records up to step `keepUpTo`: the step of the checkpoint that is resumed from, 0 for a
   * new run. What was logged after that checkpoint will be logged again, so it is cut off (in one atomic step).
   * @param identity of records that are one and the same the last stays, and they are brought into the order of their steps
   * @throws UserError where the file cannot be read or written
   */
  static async open<R extends { step: number }>(
    path: string,
    keepUpTo: number,
    identity?: Identity<R>,
  ): Promise<MetricsLog<R>> {
    const { records, damaged } = keepUpTo > 0 ? readLines<R>(path) : { records: [], damaged: [] };
    const problems = damaged.length > 0 ? [`${path}: ${numbered("line", damaged)} damaged, and left out`] : [];
    const log = new MetricsLog<R>(path, problems, identity);
    await log.#rewrite(distinct(records, identity).filter(({ step }) => step <= keepUpTo));
    return log;
  }

  /** Appends a record in the place of one that is the same by the log's `identity`. @returns whether there was one */
  async replace(record: R): Promise<boolean> {
    const records = readMetrics<R>(this.path);
    const others = records.filter((other) => this.identity?.(other) !== this.identity?.(record));
    const found = others.length < records.length;
    if (found) {
      this.close();
      await this.#rewrite(others);
    }
    this.append(record);
    return found;
  }

  async #rewrite(records: readonly R[]): Promise<void> {
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
    await writeFileAtomic(this.path, text);
    try {
      this.#file = openSync(this.path, "r+");
      this.#length = Buffer.byteLength(text);
    } catch (error) {
      throw fileError("write", this.path, error);
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
      try {
        ftruncateSync(this.#file, this.#length);
      } catch {
        // What is left of the line is taken for the trace of a crash.
      }
      throw fileError("write", this.path, error);
    }
  }

  /** Waits until every record is on the disk: before a checkpoint is saved, so that it never knows more than the log. */
  sync(): void {
    try {
      fsyncSync(this.#file);
    } catch (error) {
      throw fileError("write", this.path, error);
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
  const { records, damaged } = readLines<R>(path);
  if (damaged.length > 0) throw new UserError(`${path}: line ${damaged[0]} is not a record with a "step"`);
  return records;
}

/** The largest step of a log, whatever else is wrong with it; 0 where there is none. */
export const lastStep = (path: string): number =>
  readLines(path).records.reduce((last, { step }) => Math.max(last, step), 0);

/** The steps of a log that should have every step up to the last, and has not. */
export function missingSteps(path: string, last: number): number[] {
  const steps = new Set(readMetrics(path).map(({ step }) => step));
  const first = steps.size > 0 ? Math.min(...steps) : 1;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((step) => !steps.has(step));
}

function distinct<R extends { step: number }>(records: R[], identity?: Identity<R>): R[] {
  if (!identity) return records;
  const last = new Map(records.map((record) => [identity(record), record]));
  return [...last.values()].sort((a, b) => a.step - b.step);
}

/** "lines 3, 4 and 9 are", "line 3 is": at most three are named. */
export function numbered(what: string, numbers: readonly number[]): string {
  if (numbers.length === 1) return `${what} ${numbers[0]} is`;
  const named = numbers.slice(0, numbers.length > 3 ? 3 : -1).join(", ");
  return `${what}s ${named} and ${numbers.length > 3 ? `${numbers.length - 3} more` : numbers.at(-1)} are`;
}

/** The records, and the numbers (from 1) of other lines. */
function readLines<R extends { step: number }>(path: string): { records: R[]; damaged: number[] } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { records: [], damaged: [] };
    throw fileError("read", path, error);
  }
  const lines = text.split("\n");
  lines.pop(); // empty after a whole last line, else the torn one
  const records: R[] = [];
  const damaged: number[] = [];
  for (const [i, line] of lines.entries()) {
    const record = parsed(line) as R | null;
    if (Number.isSafeInteger(record?.step)) records.push(record!);
    else damaged.push(i + 1);
  }
  return { records, damaged };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
