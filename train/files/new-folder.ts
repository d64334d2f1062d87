import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { quietly } from "../../engine/errors/index";
import { UserError } from "../../engine/index";
import { ensureFolder, fileError, sweepTemporaries, temporaryBeside } from "../../model/files/node";

/**
 * Makes a folder whole or not at all: `fill` writes into a hidden folder beside it, which takes the name when everything
 * is there, and is removed where anything fails.
 * @param path must not exist yet, or be an empty folder
 * @throws UserError for a folder that has something in it, a full disk, missing permission
 */
export async function makeFolder<T>(path: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const target = resolve(path);
  await refuseUsed(path);
  const temporary = temporaryBeside(target);
  try {
    await ensureFolder(dirname(target));
    await sweepTemporaries(dirname(target));
    await mkdir(temporary);
  } catch (error) {
    throw fileError("create", path, error);
  }
  try {
    const result = await fill(temporary);
    await rmdir(target).catch(() => {}); // the empty one; a rename would not replace it everywhere
    await rename(temporary, target);
    return result;
  } catch (error) {
    await quietly(() => rm(temporary, { recursive: true, force: true }));
    const failure = fileError("write", path, error);
    // The user knows the folder by the name it was to have.
    if (failure instanceof UserError) failure.message = failure.message.replaceAll(temporary, path);
    throw failure;
  }
}

/** @throws UserError where `path` is a file or a folder with something in it */
async function refuseUsed(path: string): Promise<void> {
  const entries = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    // What cannot be listed for being no folder is there, or something above it is a file.
    throw fileError("write", path, error.code === "ENOTDIR" && existsSync(path) ? { code: "EEXIST" } : error);
  });
  if (entries.length > 0) throw new UserError(`${path}: is not empty; choose a new folder, or delete this one first`);
}
