import { UserError } from "../../engine/index";
import { SPLITS, type SplitName } from "../data/index";
import { PythonRandom } from "./python-random";

/** Shares of train, valid and test, in percent. */
export type Shares = readonly [number, number, number];

export const DEFAULT_SPLIT = "80/10/10";
/** The paper's: with it, hand143's 14,817 names fall into the released split. */
export const DEFAULT_SEED = 1111;

/** Parses "80/10/10". @throws UserError unless it is three numbers from 0 that add up to 100 */
export function parseShares(text: string): Shares {
  const shares = text.split("/").map((part) => (/^\d+(\.\d+)?$/.test(part.trim()) ? Number(part) : Number.NaN));
  const sum = shares.reduce((a, b) => a + b, 0);
  if (shares.length !== 3 || !(Math.abs(sum - 100) < 1e-9) || shares[0] === 0) {
    throw new UserError(`--split ${text}: expected three percentages that add up to 100, as 80/10/10 (train first)`);
  }
  const [train, valid, test] = shares;
  return [train, valid, test];
}

/**
 * Divides `count` by shares: train gets the first floor(80%), valid goes on to floor(90%), test has the rest, which for
 * 14,817 is the paper's 11,853 / 1,482 / 1,482. A part that would be empty gets one of the largest part's, while there
 * are enough; a single one trains.
 */
export function splitSizes(count: number, shares: Shares): [number, number, number] {
  const upTo = (share: number) => Math.floor((count * share) / 100 + 1e-9);
  const [a, b] = [upTo(shares[0]), upTo(shares[0] + shares[1])];
  const sizes: [number, number, number] = [a, b - a, count - b];
  for (const [i, share] of shares.entries()) {
    const largest = sizes.indexOf(Math.max(...sizes));
    if (share > 0 && sizes[i] === 0 && (i === 0 || sizes[largest] > 1)) {
      sizes[i]++;
      sizes[largest]--;
    }
  }
  return sizes;
}

export interface SplitOptions {
  readonly shares: Shares;
  readonly seed: number;
  /** Leave the order as it is, so that neighbouring frames of a video stay on one side. */
  readonly contiguous: boolean;
}

/**
 * Assigns whole groups to splits, in their given order or in the order that Python's random.shuffle gives them.
 * @param groups without repetitions
 */
export function splitGroups(groups: readonly string[], options: SplitOptions): Map<string, SplitName> {
  const order = options.contiguous ? groups : new PythonRandom(options.seed).shuffle([...groups]);
  const sizes = splitSizes(order.length, options.shares);
  let next = 0;
  return new Map(
    SPLITS.flatMap((split, i) => order.slice(next, (next += sizes[i])).map((group) => [group, split] as const)),
  );
}
