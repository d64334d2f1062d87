import type { z } from "zod";
import { UserError } from "../../engine/index";
import { parseJson, readText, tidyPath } from "../../model/files/node";
import { fieldAt, isObject, show } from "./fields";
import { isRunName, nameByFile, RUN_NAME } from "./name";
import { type LoadedConfig, type Origins, resolveConfig } from "./resolve";

type Json = Record<string, unknown>;

/**
 * Reads an experiment's JSON, applies `sets` ("key=value", dotted for nested keys; JSON values, anything else is taken
 * as text) and validates the whole. Throws UserError: file or --set, field, what was expected.
 */
export function loadConfig(path: string, sets: readonly string[] = []): LoadedConfig {
  const raw = parseJson(readText(path, "an experiment's configuration"), path);
  if (!isObject(raw)) throw new UserError(`${path}: expected a JSON object of settings, got ${show(raw)}`);
  raw.name ??= nameByFile(path, ".json");
  return configFrom(raw, path, sets);
}

/** The same for settings that are an object already; `source` names it in errors. `settings` is changed. */
export function configFrom(settings: Json, source: string, sets: readonly string[]): LoadedConfig {
  const origins: Origins = new Map();
  for (const set of sets) applySet(settings, set, origins);
  keepWhatWasSet(settings, origins);
  const { config, notes } = resolveConfig(settings, source, origins);
  expectRunName(config.name, origins.get("name") ?? source);
  const { data_root } = config;
  return { config: { ...config, data_root: data_root === null ? null : tidyPath(data_root) }, notes };
}

/** Of what a user gives; a checkpoint of before may be called otherwise, and no folder is made by its name. */
function expectRunName(name: string, source: string): void {
  if (!isRunName(name)) throw new UserError(`${source}: name: expected ${RUN_NAME}, got ${show(name)}`);
}

/** What somebody asks for by name, `when_slow` does not change. */
function keepWhatWasSet(settings: Json, origins: Origins): void {
  const { when_slow } = settings;
  if (!isObject(when_slow) || !isObject(when_slow.set)) return;
  const asked = new Set([...origins.keys()].map((path) => path.split(".")[0]));
  const rest = Object.entries(when_slow.set).filter(([key]) => !asked.has(key));
  settings.when_slow = { ...when_slow, set: Object.fromEntries(rest) };
}

function applySet(config: Json, set: string, origins: Origins): void {
  const equals = set.indexOf("=");
  const path = set.slice(0, equals).trim();
  if (equals < 1 || path === "") throw new UserError(`--set ${set}: expected key=value`);
  const keys = path.split(".");
  let target = config;
  for (const key of keys.slice(0, -1)) {
    if (!(Object.hasOwn(target, key) && isObject(target[key]))) define(target, key, {});
    target = target[key] as Json;
  }
  define(target, keys.at(-1)!, parseSetValue(set.slice(equals + 1).trim(), fieldAt(keys)));
  origins.set(path, `--set ${set}`);
}

/** Sets a key of the object itself, also one called `__proto__`, which assignment would take for the prototype. */
function define(target: Json, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
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
