import { OptionError } from "../errors/index";

/** One number for both axes of an image, or [y, x]. */
export type Pair = number | readonly [number, number];

/** Every option of T by name; what has no default is undefined. */
export type EveryOption<T> = { readonly [K in keyof Required<T>]: T[K] };

/**
 * Options as given, and the defaults of those that are not. What a function does not know is refused: a misspelt option would
 * change nothing without a word.
 * @param of the function, for messages
 * @param defaults a value for every option that there is
 * @throws OptionError
 */
export function withDefaults<T extends object>(of: string, given: Partial<T>, defaults: T): T {
  const known = Object.keys(defaults).join(", ") || "none";
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new OptionError(of, `options are an object, of ${known}; not ${inWords(given)}`);
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  const unknown = set.find(([name]) => !Object.hasOwn(defaults, name));
  if (unknown) throw new OptionError(of, `no option '${unknown[0]}'; there are ${known}`);
  return { ...defaults, ...Object.fromEntries(set) };
}

/** A pair's two numbers, y first. @throws OptionError unless both are whole and no less than `least` */
export function pairOf(of: string, name: string, value: Pair, least: number): readonly [number, number] {
  const both = typeof value === "number" ? [value, value] : value;
  if (!(Array.isArray(both) && both.length === 2 && both.every((v) => Number.isInteger(v) && v >= least))) {
    throw new OptionError(of, `${name} is a whole number from ${least} on, or [y, x] of such; not ${inWords(value)}`);
  }
  return both as [number, number];
}

/** @throws OptionError unless every value is a number in [least, below) */
export function checkNumbers(
  of: string,
  values: Readonly<Record<string, number>>,
  least: number,
  below = Number.POSITIVE_INFINITY,
): void {
  const range = below === Number.POSITIVE_INFINITY ? `finite, ${least} or more` : `from ${least} to below ${below}`;
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "number" && value >= least && value < below) continue;
    throw new OptionError(of, `${name} is a number, ${range}; not ${inWords(value)}`);
  }
}

/** NaN and infinity by their names, all else as JSON has it. */
const inWords = (value: unknown): string => (typeof value === "number" ? String(value) : JSON.stringify(value));
