import { UserError } from "../engine/errors/index";

/** An option's whole number. @throws UserError naming the option and what was expected */
export function wholeNumberFrom(option: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UserError(`${option} ${text}: expected a whole number ${range}`);
}

/** One of a few words. @throws UserError that lists them */
export function oneOf(option: string, text: string, words: readonly string[]): string {
  if (words.includes(text)) return text;
  throw new UserError(`${option} ${text}: expected ${anyOf(words)}`);
}

/** Words as one reads them: "a, b or c". */
export const anyOf = (words: readonly string[]): string => `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
