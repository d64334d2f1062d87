import type { Config } from "../../train/config/index";
import { loadConfig } from "../../train/config/node";

/** A configuration with what a benchmark runs unless told otherwise. @throws UserError for a bad file or setting */
export const benchConfig = (path: string, defaults: readonly string[], sets: readonly string[]): Config =>
  loadConfig(path, [...defaults, ...sets]).config;
