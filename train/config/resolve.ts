import { closest } from "fastest-levenshtein";
import type { z } from "zod";
import { UserError } from "../../engine/index";
import { fieldAt, isObject, objectShape, show } from "./fields";
import { experimentSchema, type ParsedExperiment } from "./schema";

/** A validated experiment; every key has a value. Keys and their meanings: config/schema.ts. */
export interface Config extends Omit<ParsedExperiment, "device" | "name" | "weight" | "weight_g61" | "limb_mask"> {
  name: string;
  weight: number;
  weight_g61: number;
  limb_mask: "LDM" | "LPM";
}

/** An experiment, and what there is to say of it. */
export interface LoadedConfig {
  config: Config;
  /** One line each, for the log: what was ignored or deserves a second look. */
  notes: string[];
}

/** Where a value came from (its dotted path -> "--set key=value"), where not from the file. */
export type Origins = Map<string, string>;

/**
 * Validates an experiment that is already an object, as found in a checkpoint or a fixture; `source` names it in
 * errors. A resolved Config passes unchanged.
 */
export function resolveConfig(raw: unknown, source: string, origins: Origins = new Map()): LoadedConfig {
  const result = experimentSchema.safeParse(raw);
  if (!result.success) {
    throw new UserError(result.error.issues.map((issue) => describeIssue(issue, raw, source, origins)).join("; "));
  }
  const parsed = result.data;
  const problem = brokenRelation(parsed);
  if (problem) throw new UserError(`${source}: ${problem}`);

  const { device: _, ...known } = parsed;
  const limb_mask = parsed.limb_mask ?? impliedMask(parsed.dataset) ?? "LPM";
  const config: Config = {
    ...known,
    name: parsed.name ?? "experiment",
    limb_mask,
    weight: parsed.weight ?? originalWeight(limb_mask, parsed.limbc),
    weight_g61: parsed.weight_g61 ?? 0,
  };
  slowVariant(config); // what it would set is checked now, not when it is needed
  return { config, notes: notesOn(parsed) };
}

/**
 * The experiment as it is where few steps fit its minutes: with what `when_slow` sets, and nothing left to choose. Null
 * where it has no such variant.
 */
export function slowVariant(config: Config): Config | null {
  if (!config.when_slow) return null;
  return resolveConfig({ ...config, ...config.when_slow.set, when_slow: null }, `${config.name}: when_slow.set`).config;
}

/**
 * The experiment with its hands from a folder (`--data`), whatever its own data_root and dataset say; itself without one.
 * Runs record what this gives, so that resuming, evaluating and reporting know where the hands came from.
 */
export function onFolder(config: Config, folder: string | undefined): Config {
  if (folder === undefined) return config;
  const dataset = config.dataset === "synthetic" ? datasetFor(config) : config.dataset;
  return { ...config, dataset, data_root: folder };
}

/** The name of a folder's hands, which with NSRM tells the mask. */
export const datasetFor = ({ model, limb_mask }: Pick<Config, "model" | "limb_mask">): Config["dataset"] =>
  model === "CPM" ? "CMUHandDataset" : `HandDataset_${limb_mask}`;

/** The original names the mask in its dataset's class. */
function impliedMask(dataset: ParsedExperiment["dataset"]): "LDM" | "LPM" | undefined {
  return dataset === "HandDataset_LDM" ? "LDM" : dataset === "HandDataset_LPM" ? "LPM" : undefined;
}

/** The limb weights of the original's four experiments. */
function originalWeight(mask: "LDM" | "LPM", limbc: 1 | 7): number {
  if (mask === "LDM") return limbc === 1 ? 1 : 0.2;
  return limbc === 1 ? 0.5 : 0.1;
}

/** What no single field can tell; null where all is well. */
function brokenRelation(c: ParsedExperiment): string | null {
  const group = c.limbc === 7 ? "G6" : "G1";
  if (c.group !== group) return `group: expected "${group}" with limbc ${c.limbc}, got "${c.group}"`;
  if (c.model === "NSRM" && c.dataset === "CMUHandDataset" && !c.limb_mask) {
    return 'limb_mask: expected "LDM" or "LPM", since dataset "CMUHandDataset" names none and model "NSRM" needs one';
  }
  const implied = impliedMask(c.dataset);
  if (c.limb_mask && implied && c.limb_mask !== implied) {
    return `limb_mask: expected "${implied}" with dataset "${c.dataset}", got "${c.limb_mask}"`;
  }
  if (c.dataset === "synthetic" && c.data_root !== null) {
    return `dataset: "synthetic" reads no folder; to train on ${c.data_root}, set dataset=HandDataset_LPM (or _LDM)`;
  }
  if (c.micro_batch !== null && c.micro_batch > c.batch_size) {
    return `micro_batch: expected at most batch_size (${c.batch_size}), got ${c.micro_batch}`;
  }
  const shares = c.progressive.reduce((sum, { share }) => sum + share, 0);
  if (shares >= 1) return `progressive: expected shares that leave some steps for the end, got ${shares} in all`;
  if (c.pck_thresholds.some((t, i) => i > 0 && t <= c.pck_thresholds[i - 1])) {
    return `pck_thresholds: expected ascending numbers, got ${show(c.pck_thresholds)}`;
  }
  if (!c.pck_thresholds.includes(c.select_threshold)) {
    return `select_threshold: expected one of pck_thresholds ${show(c.pck_thresholds)}, got ${c.select_threshold}`;
  }
  if (c.backbone !== null && (c.width !== 1 || c.widths.vgg)) {
    return "backbone: expected null at this width; ImageNet weights fit the full VGG19 alone (width 1, no widths.vgg)";
  }
  return null;
}

function notesOn(c: ParsedExperiment): string[] {
  const notes: string[] = [];
  if (c.device !== undefined) {
    notes.push("device is ignored: the adapter is chosen by --adapter or NSRM_ADAPTER, else the best one there is");
  }
  if (c.model === "NSRM" && c.limbc === 7 && c.weight_g61 === undefined) {
    notes.push("weight_g61 is not given: as in the original it is 0, and the six finger channels are not trained");
  }
  if (c.backbone === null && c.width === 1 && !c.widths.vgg && (c.init === "torch" || c.init === "he")) {
    notes.push("backbone is null: VGG19 starts from random weights, where the original started from ImageNet's");
  }
  return notes;
}

function describeIssue(issue: z.core.$ZodIssue, raw: unknown, source: string, origins: Origins): string {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const shape = objectShape(path.length === 0 ? experimentSchema : fieldAt(path)!)!;
    return issue.keys
      .map((key) => {
        const dotted = [...path, key].join(".");
        const nearest = [...path, meantBy(key, Object.keys(shape))].join(".");
        return `${originOf(dotted, origins) ?? source}: unknown key "${dotted}" (did you mean "${nearest}"?)`;
      })
      .join("; ");
  }
  // An issue inside a list is reported for the list: its description covers the items.
  while (path.length > 1 && !fieldAt(path)) path.pop();
  const dotted = path.join(".");
  const value = path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), raw);
  const got = value === undefined ? "nothing" : show(value);
  return `${originOf(dotted, origins) ?? source}: ${dotted}: expected ${fieldAt(path)?.description}, got ${got}`;
}

/** What set a key, or something inside it. */
const originOf = (dotted: string, origins: Origins): string | undefined =>
  origins.get(dotted) ?? [...origins].find(([path]) => path.startsWith(`${dotted}.`))?.[1];

/** The known key that a typing error most likely stands for: one of the same letters ("widht"), else the fewest edits away. */
function meantBy(typed: string, keys: readonly string[]): string {
  const letters = (word: string) => [...word].sort().join("");
  return keys.find((key) => letters(key) === letters(typed)) ?? closest(typed, keys);
}
