import { join } from "node:path";
import { UserError } from "../../engine/index";
import { type Config, resolveConfig, slowVariant } from "../config/index";
import { Budget } from "../course/index";
import { type Contents, describeChange } from "../data/index";
import type { Checkpoint } from "../files/node";
import { FILES, holdsRun, loadNewest } from "../record/node";

/** Settings that change what a run computes only in how far it goes, what it writes or how it rounds; all others must match. */
const FREE_ON_RESUME = new Set([
  "name",
  "data_root",
  "epochs",
  "max_steps",
  "minutes",
  "validate_every",
  "checkpoint_every",
  "samples",
  "prefetch",
  "cache_mb",
  "skip_bad",
  "pck_thresholds",
  "select_threshold",
  "decoder",
  "micro_batch",
  "replay",
  "checkpoint_segments",
  "precision",
  "init",
  "backbone",
]);

/** What a run goes on from, and the experiment as its beginning has settled it. */
export interface Resumption {
  /** Null for a fresh run. */
  checkpoint: Checkpoint | null;
  /** The checkpoint's file. */
  path: string;
  /** Why an older checkpoint than the last is taken; null where it is the last. */
  warning: string | null;
  budget: Budget;
}

/**
 * Finds what there is to resume in a run's folder, and takes over what the run's beginning has chosen for its adapter: the
 * variant of the experiment, and how many steps.
 * @throws UserError when the folder does not fit the request
 */
export function openResumption({ out, resume, config }: { out: string; resume?: boolean; config: Config }): Resumption {
  if (!holdsRun(out))
    return { checkpoint: null, path: join(out, FILES.last), warning: null, budget: new Budget(config) };
  if (!resume) {
    const obstacle = whyNoResumption({ out, config });
    throw new UserError(
      obstacle
        ? `${out} already holds a run, with which this one cannot go on (${obstacle}); choose another --out`
        : `${out} already holds a run; go on with --resume, or choose another --out`,
    );
  }
  const newest = loadNewest(out);
  const { checkpoint, path } = newest;
  const before = resolveConfig(checkpoint.config, `${path}: its configuration`).config;
  const variants = variantsOf(config).map((variant) => ({ variant, differs: mismatches(variant, before) }));
  const [nearest] = variants.sort((a, b) => a.differs.length - b.differs.length);
  const [key] = nearest.differs;
  if (key) {
    throw new UserError(
      `${path}: it was trained with ${key} ${JSON.stringify(before[key])}, this run asks for ${JSON.stringify(nearest.variant[key])}`,
    );
  }
  return { ...newest, budget: Budget.resumed(nearest.variant, before) };
}

/**
 * Lets a run go on with the data that it began with, or with others where that is asked for. Checkpoints of before say
 * nothing of theirs.
 * @throws UserError that says which split has changed, and how
 */
export function expectContents(
  { checkpoint, path }: { checkpoint: Checkpoint; path: string },
  now: Contents | null,
  otherData = false,
): void {
  const { contents: before } = checkpoint;
  const change = before && now && describeChange(before, now);
  if (!change || otherData) return;
  throw new UserError(
    `${path}: it was trained on other data than there are now (${change}); ` +
      "go on with --other-data, or choose another --out",
  );
}

/** What would be said of --resume; null where it would do. */
function whyNoResumption(run: { out: string; config: Config }): string | null {
  try {
    openResumption({ ...run, resume: true });
    return null;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** The experiments that a run of this one may turn out to be, depending on the adapter. */
function variantsOf(config: Config): Config[] {
  const slow = slowVariant(config);
  return slow ? [{ ...config, when_slow: null }, slow] : [config];
}

function mismatches(config: Config, before: Config): (keyof Config)[] {
  const seen = (c: Config, key: keyof Config) => {
    if (key !== "progressive") return JSON.stringify(c[key]);
    // Its steps are the run's to fix, and not asked for.
    return JSON.stringify(c.progressive.map(({ share, image_size, batch_size }) => [share, image_size, batch_size]));
  };
  const keys = Object.keys(config) as (keyof Config)[];
  return keys.filter((key) => !FREE_ON_RESUME.has(key) && seen(config, key) !== seen(before, key));
}
