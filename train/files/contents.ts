import { SPLITS, type SplitName } from "../data/index";

/** What a split's samples are: equal contents are the same samples in the same order. Hashes are of any kind, in text. */
export interface SplitContents {
  images: number;
  /** Hashes of the names in their order; of the files' sizes in bytes; of joints, visibility and boxes. */
  names: string;
  files: string;
  labels: string;
}

/** Those of all splits. A checkpoint keeps them, so that a run goes on with the hands that it began with. */
export type Contents = Partial<Record<SplitName, SplitContents>>;

/** What differs, in words that name each split and its counts; null where every split known to both is the same. */
export function describeChange(before: Contents, now: Contents): string | null {
  const changes = SPLITS.flatMap((split) => {
    const [had, has] = [before[split], now[split]];
    const change = had && has && changeOf(had, has);
    return change ? [`${split}: ${change}`] : [];
  });
  return changes.length > 0 ? changes.join("; ") : null;
}

function changeOf(had: SplitContents, has: SplitContents): string | null {
  if (had.images !== has.images) return `${had.images} images before, ${has.images} now`;
  const same = `${has.images} images before and now`;
  if (had.names !== has.names) return `${same}, but others or in another order`;
  if (had.labels !== has.labels) return `${same}, but with other labels`;
  return had.files === has.files ? null : `${same}, but other files (their sizes differ)`;
}

/** Whether a value out of a file is one of Contents. */
export function isContents(value: unknown): value is Contents {
  return isRecord(value) && SPLITS.every((split) => value[split] === undefined || isSplitContents(value[split]));
}

function isSplitContents(value: unknown): value is SplitContents {
  if (!isRecord(value) || !Number.isSafeInteger(value.images)) return false;
  return [value.names, value.files, value.labels].every((hash) => typeof hash === "string");
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
