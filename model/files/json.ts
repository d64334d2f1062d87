import { readFileSync } from "node:fs";
import { UserError } from "../../engine/errors/index";
import { fileError } from "./files";

/**
 * Reads a text file, without the byte order mark that some editors put before it; a UserError naming it (and `what` it
 * should be) where it is missing, unreadable, or in UTF-16.
 */
export function readText(path: string, what: string): string {
  const bytes = reading(path, what, () => readFileSync(path));
  if (UTF_16.some((mark) => bytes[0] === mark[0] && bytes[1] === mark[1])) {
    throw new UserError(`${path}: is in UTF-16, expected UTF-8 (${what})`);
  }
  return reading(path, what, () => bytes.toString("utf8")).replace(/^\ufeff/, "");
}

/** Its byte order marks. */
const UTF_16 = [
  [0xff, 0xfe],
  [0xfe, 0xff],
] as const;

function reading<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") throw new UserError(`${path}: no such file (${what})`);
    if (code === "EISDIR") throw new UserError(`${path}: is a folder, expected a file (${what})`);
    const failure = fileError("read", path, error);
    throw failure instanceof UserError ? failure : new UserError(`${path}: cannot read it: ${code}`);
  }
}

/** Parses JSON; a UserError with file, line and column where it is broken. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const offset = brokenAt(text, (error as Error).message);
    const lines = text.slice(0, offset).split("\n");
    const reason = offset >= text.length ? "it ends too early" : `unexpected ${JSON.stringify(text[offset])}`;
    throw new UserError(`${path}:${lines.length}:${lines.at(-1)!.length + 1}: not valid JSON: ${reason}`);
  }
}

/** The offset that V8 reports or, since "Unexpected token" comes without one, the end of the shortest prefix that has it. */
function brokenAt(text: string, message: string): number {
  const position = /position (\d+)/.exec(message);
  if (position) return Number(position[1]);
  let without = 0;
  let shortest = text.length;
  if (!hasBadToken(text)) return text.length;
  while (shortest - without > 1) {
    const middle = (without + shortest) >> 1;
    if (hasBadToken(text.slice(0, middle))) shortest = middle;
    else without = middle;
  }
  return shortest - 1;
}

function hasBadToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return (error as Error).message.startsWith("Unexpected token");
  }
}
