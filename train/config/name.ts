import { basename } from "node:path";

/** A run is called by its folder's name: what would lead elsewhere, hide it, or is no name on some system has no place in it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those that a terminal would act on
const UNFIT = /^\.+|[/\\<>:"|?*\u0000-\u001f\u007f-\u009f\ufffd]/g;
const LONGEST = 100;

/** What `isRunName` asks for, in words. */
export const RUN_NAME = `a folder's name of at most ${LONGEST} characters: no dot at its start, none of / \\ < > : " | ? *`;

export const isRunName = (text: string): boolean =>
  text !== "" && text.length <= LONGEST && text.search(UNFIT) < 0 && text.trim() === text;

/** What a file that has no name in it is called: by its own, as far as that can be a run's. */
export function nameByFile(path: string, extension: string): string {
  const name = basename(path, extension).replace(UNFIT, "-").trim().slice(0, LONGEST).trim();
  return isRunName(name) ? name : "experiment";
}
