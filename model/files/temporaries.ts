import { createHash, randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { quietly } from "../../engine/errors/index";
import { runs, thisProcess } from "./process";

/**
 * Files and folders that are being written have a hidden name beside the one that they will take, which says by which
 * process: `.NAME.PID-MACHINE-STARTED-N.tmp`. One whose process is gone was left by a kill, and is removed by the next
 * process that writes to the same folder.
 */
const PATTERN = /^\..+\.(\d+)-([0-9a-f]{8})-([0-9a-z]+)-\d+\.tmp$/;
/** As older versions named them: `.NAME.PID-TOKEN-N.tmp`. */
const OLD_PATTERN = /^\..+\.\d+-[0-9a-f]{8}-\d+\.tmp$/;

/** Where it cannot be seen whether the process lives (another machine, or this one before it was started again). */
const SILENT_AFTER_MS = 24 * 3600e3;

/** So much of a long name is enough to be told by. */
const NAME_LENGTH = 50;

const me = thisProcess();
const MACHINE = createHash("sha256").update([me.host, me.boot, me.namespace].join("|")).digest("hex").slice(0, 8);
const STARTED = me.started ?? `r${randomBytes(6).toString("hex")}`;
let count = 0;

/** A name, hidden and unique, beside `path`. */
export function temporaryBeside(path: string): string {
  const name = [...basename(path)].slice(0, NAME_LENGTH).join("");
  return join(dirname(path), `.${name}.${me.pid}-${MACHINE}-${STARTED}-${count++}.tmp`);
}

/** Whose temporary this name is; null for a name that none has. */
export function temporaryOwner(name: string): "this process" | "another process" | null {
  const match = PATTERN.exec(name);
  if (!match) return OLD_PATTERN.test(name) ? "another process" : null;
  const [, pid, machine, started] = match;
  return Number(pid) === me.pid && machine === MACHINE && started === STARTED ? "this process" : "another process";
}

const swept = new Set<string>();

/** Removes what killed processes have left in a folder, the first time that this process writes there. Never fails. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const path = resolve(folder);
  if (swept.has(path)) return;
  swept.add(path);
  await quietly(async () => {
    for (const name of await readdir(path)) {
      const temporary = join(path, name);
      if (await isLeft(name, temporary)) await quietly(() => rm(temporary, { recursive: true, force: true }));
    }
  });
}

/** Whether this is a temporary of a process that is gone. */
async function isLeft(name: string, path: string): Promise<boolean> {
  const match = PATTERN.exec(name);
  if (!match || temporaryOwner(name) === "this process") return false;
  const [, pid, machine, started] = match;
  if (machine === MACHINE) return !runs(Number(pid), started);
  return Date.now() - (await stat(path)).mtimeMs > SILENT_AFTER_MS;
}
