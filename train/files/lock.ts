import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, rmdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { lock as lockBriefly } from "proper-lockfile";
import { quietly, withCleanup } from "../../engine/errors/index";
import { UserError } from "../../engine/index";
import {
  ensureFolder,
  fileError,
  isAlive,
  type ProcessMark,
  thisProcess,
  writeFileAtomic,
} from "../../model/files/node";

/**
 * Keeps two runs out of one output folder. The lock is a file that names its process, so that a run killed by any
 * means (kill -9, a power cut) leaves nothing to wait for: the next one sees that the process is gone and takes over.
 * Only where the process cannot be looked up (another machine or container on a shared disk) does time decide: the
 * holder touches the file every few seconds, and a minute of silence frees it.
 */
export interface FolderLock {
  /** Frees the folder; one that was made for the lock and got nothing in it goes too. Harmless when called twice. */
  release(): Promise<void>;
}

interface Holder extends ProcessMark {
  readonly token: string;
  readonly since: string;
}

const TOUCH_EVERY_MS = 5_000;
const SILENT_AFTER_MS = 60_000;
/** A process that was just killed takes a moment to disappear. */
const PATIENCE_MS = 1_000;

/**
 * Creates the folder where it is missing and locks it.
 * @throws UserError naming the folder and the run that holds it, or why it cannot be written
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, "run.lock");
  const me: Holder = { ...thisProcess(), token: randomUUID(), since: new Date().toISOString() };
  const made = !existsSync(folder);
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    await ensureFolder(folder); // also where one that is waited for takes its own away
    const refusal = await guarded(folder, async () => {
      const reason = await whyHeld(folder, path);
      if (!reason) await writeFileAtomic(path, `${JSON.stringify(me)}\n`);
      return reason;
    });
    if (!refusal) break;
    if (performance.now() > deadline) throw new UserError(refusal);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // a missed sign of life is made up by the next
  }, TOUCH_EVERY_MS);
  touch.unref(); // the lock does not keep the process running
  return {
    async release() {
      clearInterval(touch);
      // One that cannot be removed names a process that will soon be gone, and holds nobody up.
      await quietly(async () => {
        if ((await readHolder(path))?.token === me.token) await rm(path, { force: true });
      });
      if (made) await quietly(() => rmdir(folder)); // there is something in it
    },
  };
}

/** Looking at the lock and replacing it must be one step, or two runs could both find a dead one and take it. */
async function guarded<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const starting = () => new UserError(`${folder}: another run is just starting in it`);
  let lost = false;
  const unlock = await lockBriefly(folder, {
    lockfilePath: join(folder, "run.lock.guard"),
    stale: 2_000, // held for milliseconds; one left by a killed process is taken over after this time
    retries: { retries: 60, factor: 1, minTimeout: 50, maxTimeout: 50 },
    onCompromised: () => {
      lost = true; // we were stopped for seconds, and someone else went on
    },
  }).catch((error) => {
    throw error.code === "ELOCKED" ? starting() : fileError("lock", folder, error);
  });
  return withCleanup(
    async () => {
      const result = await run();
      if (lost) throw starting();
      return result;
    },
    () => (lost ? undefined : unlock()),
  );
}

/** One line saying who holds the lock, or null where it is free to take. */
async function whyHeld(folder: string, path: string): Promise<string | null> {
  const holder = await readHolder(path);
  if (!holder) return null;
  const state = isAlive(holder);
  const run = `the run that has been writing it since ${holder.since} (process ${holder.pid} on ${holder.host})`;
  if (state === "alive") return `${folder}: in use by ${run}; stop that one or choose another folder`;
  if (state === "dead") return null;
  const silentMs = Date.now() - (await stat(path)).mtimeMs;
  if (silentMs > SILENT_AFTER_MS) return null;
  const seconds = Math.max(0, Math.round(silentMs / 1000));
  return `${folder}: in use by ${run}, last seen ${seconds} s ago; if it was stopped, wait a minute or delete ${path}`;
}

/** Null where there is no lock, or a file that this program did not write (the lock is written whole or not at all). */
async function readHolder(path: string): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(path, "utf8"));
    return typeof holder?.token === "string" && Number.isSafeInteger(holder.pid) ? holder : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileError("read", path, error);
  }
}
