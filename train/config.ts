import { basename } from "node:path";
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { UserError } from "../engine/errors";
import { experimentSchema, type ParsedExperiment } from "./config/schema";
import { parseJson, readText } from "./json";

/** A validated experiment; every key has a value. Keys and their meanings: config/schema.ts. */
export type Config = Omit<ParsedExperiment, "device" | "name" | "weight" | "weight_g61" | "limb_mask"> & {
  name: string;
  weight: number;
  weight_g61: number;
  limb_mask: "LDM" | "LPM";
};

export interface LoadedConfig {
  config: Config;
  /** One line each, for the log: what was ignored or deserves a second look. */
  notes: string[];
}

type Json = Record<string, unknown>;
/** Where a value came from (its dotted path -> "--set key=value"), where not from the file. */
type Origins = Map<string, string>;

/**
 * Reads an experiment's JSON, applies `sets` ("key=value", dotted for nested keys; JSON values, anything else is taken
 * as text) and validates the whole. Throws UserError: file or --set, field, what was expected.
 */
export function loadConfig(path: string, sets: readonly string[] = []): LoadedConfig {
  const raw = parseJson(readText(path, "an experiment's configuration"), path);
  if (!isObject(raw)) throw new UserError(`${path}: expected a JSON object of settings, got ${show(raw)}`);
  raw.name ??= basename(path, ".json");
  const origins: Origins = new Map();
  for (const set of sets) applySet(raw, set, origins);
  return resolveConfig(raw, path, origins);
}

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
  return { config, notes: notesOn(parsed) };
}

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

function applySet(config: Json, set: string, origins: Origins): void {
  const equals = set.indexOf("=");
  const path = set.slice(0, equals).trim();
  if (equals < 1 || path === "") throw new UserError(`--set ${set}: expected key=value`);
  const keys = path.split(".");
  let target = config;
  for (const key of keys.slice(0, -1)) {
    if (!isObject(target[key])) target[key] = {};
    target = target[key] as Json;
  }
  target[keys.at(-1)!] = parseSetValue(set.slice(equals + 1).trim(), fieldAt(keys));
  origins.set(path, `--set ${set}`);
}

/** JSON where it is JSON that the field takes, a number as people type it (.001), else the text as it stands. */
function parseSetValue(text: string, field: z.ZodType | undefined): unknown {
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) value = Number(text);
  }
  // `--set name=2024` means the text "2024".
  const onlyText = field?.safeParse(value).success === false && field.safeParse(text).success;
  return onlyText ? text : value;
}

function describeIssue(issue: z.core.$ZodIssue, raw: unknown, source: string, origins: Origins): string {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const shape = objectShape(path.length === 0 ? experimentSchema : fieldAt(path)!)!;
    return issue.keys
      .map((key) => {
        const dotted = [...path, key].join(".");
        const nearest = [...path, closest(key, Object.keys(shape))].join(".");
        return `${origins.get(dotted) ?? source}: unknown key "${dotted}" (did you mean "${nearest}"?)`;
      })
      .join("; ");
  }
  // An issue inside a list is reported for the list: its description covers the items.
  while (path.length > 1 && !fieldAt(path)) path.pop();
  const dotted = path.join(".");
  const value = path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), raw);
  const got = value === undefined ? "nothing" : show(value);
  return `${origins.get(dotted) ?? source}: ${dotted}: expected ${fieldAt(path)?.description}, got ${got}`;
}

/** The schema of the field at a path, undefined where there is none. */
function fieldAt(path: readonly string[]): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((at, key) => at && objectShape(at)?.[key], experimentSchema);
}

/** The fields of an object schema, seen through its default. */
function objectShape(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return objectShape(schema.unwrap() as z.ZodType);
  return undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
