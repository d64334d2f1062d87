import { UserError } from "../../engine/index";
import type { Dataset } from "../data/index";

/** Images in work at a time: each may take 300 MB, most take little. */
const CONCURRENCY = 4;

export interface CheckOptions {
  /** Images that cannot be read are told in the notes instead of refused. */
  skipBad: boolean;
  /** A signal ends the check early; the caller looks at it. */
  stop?: AbortSignal;
}

/**
 * Decodes every image of a split once, so that those that cannot be read are found before hours of training and not
 * in the validation after them. Hands that are drawn need no check.
 * @returns notes on images that will be left out
 * @throws UserError naming the first image and its index in the split, or that none is left
 */
export async function checkImages(dataset: Dataset, { skipBad, stop }: CheckOptions): Promise<string[]> {
  const { splitName, size } = dataset;
  if (!dataset.check) return [];
  const bad = new Map<number, string>();
  let next = 0;
  const worker = async () => {
    while (next < size && !stop?.aborted && (skipBad || bad.size === 0)) {
      const index = next++;
      try {
        await dataset.check!(index);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        bad.set(index, `${error.message} (image ${index} of ${splitName}, counted from 0)`);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  if (bad.size === 0) return [];
  const [first] = [...bad].sort(([a], [b]) => a - b).map(([, message]) => message);
  if (!skipBad) throw new UserError(`${first}; --skip-bad leaves such images out`);
  if (bad.size === size) throw new UserError(`${splitName}: not one image can be read: ${first}`);
  return [`${splitName}: ${bad.size} of ${size} images cannot be read and are left out: ${first}`];
}
