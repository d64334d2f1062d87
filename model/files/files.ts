import { constants, type Stats, statSync } from "node:fs";
import { access, link, lstat, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, normalize, resolve, sep } from "node:path";
import { quietly, UserError, withCleanup } from "../../engine/errors/index";
import { sweepTemporaries, temporaryBeside } from "./temporaries";

/** What the system's error codes mean to someone who gave us a path. */
const REASONS: Record<string, string> = {
  EACCES: "permission denied",
  EBUSY: "it is in use",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists already",
  EFBIG: "the file would grow larger than is allowed here",
  EIO: "the disk reports an input/output error",
  EISDIR: "it is a folder",
  ELOOP: "too many symbolic links",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "no such file or folder",
  ENOSPC: "no space is left on the disk",
  ENOTDIR: "a part of its path is not a folder",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
};

/** The UserError for a failed file operation (`action`: "read", "write", ...); any other error is returned as it is. */
export function fileError(action: string, path: string, error: unknown): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException | null)?.code ?? ""];
  return reason ? new UserError(`${path}: cannot ${action} it: ${reason}`, { cause: error }) : error;
}

/** A path without what leads nowhere: "a/./b/../c/" is "a/c". */
export function tidyPath(path: string): string {
  const tidy = normalize(path);
  return tidy.length > 1 && tidy.endsWith(sep) ? tidy.slice(0, -1) : tidy;
}

/**
 * Creates a folder and those above it that are missing. (Node's own recursive mkdir never returns where a file system
 * denies that it could hold folders, as /proc does.)
 * @throws UserError naming the folder and the reason
 */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await makeWithParents(resolve(path));
  } catch (error) {
    throw fileError("create", path, error);
  }
}

async function makeWithParents(path: string): Promise<void> {
  const missing = await makeOne(path);
  if (!missing) return;
  const parent = dirname(path);
  if (parent === path) throw missing;
  // The parent may have been made since by another process, or by this one's other callers.
  if (!(await exists(parent))) await makeWithParents(parent);
  const again = await makeOne(path);
  if (again) throw again;
}

/** Creates one folder, or finds it there. Returns the error, instead of throwing it, if the one above it is missing. */
async function makeOne(path: string): Promise<unknown> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return error;
    if (code !== "EEXIST" || !(await stat(path)).isDirectory()) throw error;
  }
  return undefined;
}

/**
 * What a path leads to; null where any part of it is missing, or is a file.
 * @throws UserError where that cannot be told, for want of permission say
 */
export function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw fileError("read", path, error);
  }
}

/** Whether a path leads to a folder. @throws UserError as statsOf */
export const isFolder = (path: string): boolean => statsOf(path)?.isDirectory() ?? false;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Writes a file so that readers, and whoever comes after a crash, see either the old content or the whole new one:
 * written beside, flushed to the disk, renamed over. Parts must not change until the promise settles.
 * @param previous a path in the same folder under which the old content, where there is one, is kept
 * @throws UserError for a full disk, a missing folder, missing permission; nothing half-written remains
 */
export async function writeFileAtomic(
  path: string,
  content: string | readonly Uint8Array[],
  previous?: string,
): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await resolveTarget(path);
    await sweepTemporaries(dirname(target));
    temporary = temporaryBeside(target);
    const handle = await open(temporary, "wx");
    await withCleanup(
      async () => {
        for (const part of typeof content === "string" ? [content] : content) await handle.writeFile(part);
        await handle.sync();
      },
      () => handle.close(),
    );
    if (previous !== undefined) await keepAs(previous, target);
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    if (temporary) await quietly(() => rm(temporary!, { force: true }));
    throw fileError("write", path, error);
  }
}

/** Gives a file, where there is one, a second name in place of what had that name. */
async function keepAs(name: string, path: string): Promise<void> {
  await rm(name, { force: true });
  try {
    await link(path, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    await rename(path, name); // a file system without links
  }
}

/**
 * Says at once what `writeFileAtomic` would say of a place at the end of long work.
 * @throws UserError for a folder or device of that name, a missing folder, missing permission
 */
export async function expectWritable(path: string): Promise<void> {
  try {
    const folder = dirname(await resolveTarget(path));
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/** Follows a symbolic link, so that the file it names is replaced and not the link; refuses folders and devices. */
async function resolveTarget(path: string): Promise<string> {
  let stats = await lstat(path).catch(absent);
  if (!stats) return path;
  const target = stats.isSymbolicLink() ? await realpath(path) : path;
  stats = await lstat(target);
  if (!stats.isFile()) {
    throw new UserError(`${path}: cannot write it: ${stats.isDirectory() ? "it is a folder" : "not a regular file"}`);
  }
  return target;
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}

/** A rename is only safe from a power cut once the folder is flushed too. Windows cannot, and needs no, flush of a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  await withCleanup(
    () => handle.sync(),
    () => handle.close(),
  );
}
