import { statSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { UserError } from "../engine/errors/index";
import { expectWritable, tidyPath } from "../model/files/node";

/** A path as it is worked with, shown and recorded from here on. */
export function aPath(text: string): string {
  if (text === "") throw new InvalidArgumentError("It is empty; expected a path.");
  return tidyPath(text);
}

/** The same for what may be given several times. */
export const somePaths = (text: string, list: readonly string[] = []): string[] => [...list, aPath(text)];

/** @throws UserError where a file that is to be written is one of those that are read, by whatever path or link */
export function expectApart(what: string, out: string, inputs: readonly string[]): void {
  const input = inputs.find((path) => isSameFile(out, path));
  if (input !== undefined)
    throw new UserError(`${what} ${out}: would overwrite ${input}, which is read; choose another`);
}

/**
 * Looks at the place of a file that the work to come is to end in.
 * @throws UserError where it is one of those that are read, or cannot be written
 */
export async function expectPlace(
  what: string,
  out: string | undefined,
  inputs: readonly string[] = [],
): Promise<void> {
  if (out === undefined) return;
  expectApart(what, out, inputs);
  await expectWritable(out);
}

function isSameFile(a: string, b: string): boolean {
  if (resolve(a) === resolve(b)) return true;
  const [one, other] = [statsIfAny(a), statsIfAny(b)];
  return one !== null && other !== null && one.dev === other.dev && one.ino === other.ino;
}

/** Null where there is no such file, or none that can be looked at: then nothing can be written over it either. */
function statsIfAny(path: string) {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
