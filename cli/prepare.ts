import { HAND } from "../masks/index";
import { FORMATS, type FormatName, formatOptions } from "../train/prepare/formats/node";
import { prepare, summaryLines } from "../train/prepare/node";
import { parseShares } from "../train/source/node";
import { oneOf, wholeNumberFrom } from "./arguments";
import { sideFrom } from "./sides";
import { stoppable } from "./stoppable";

export interface PrepareCommandOptions {
  size: string;
  split: string;
  seed: string;
  contiguous?: boolean;
  minJoints: string;
  json?: boolean;
}

/** @returns exit code */
export async function prepareCommand(
  format: string,
  source: string,
  target: string,
  options: PrepareCommandOptions & Record<string, unknown>,
): Promise<number> {
  const request = {
    format: oneOf("FORMAT", format, FORMATS) as FormatName,
    source,
    target,
    size: sideFrom("--size", options.size),
    split: {
      shares: parseShares(options.split),
      seed: wholeNumberFrom("--seed", options.seed, 0),
      contiguous: options.contiguous ?? false,
    },
    minJoints: wholeNumberFrom("--min-joints", options.minJoints, 2, HAND.joints.length),
    settings: await settingsOf(options),
    silent: options.json,
  };
  return stoppable(async (stop) => {
    const prepared = await prepare({ ...request, stop });
    console.log(options.json ? JSON.stringify({ target, ...prepared }) : summaryLines(target, prepared).join("\n"));
  });
}

/** What is given of the formats' own options. */
async function settingsOf(options: Readonly<Record<string, unknown>>): Promise<Record<string, string | undefined>> {
  const settings = (await formatOptions()).map(({ name, words }) => {
    const value = options[name] as string | undefined;
    return [name, words && value !== undefined ? oneOf(`--${name}`, value, words) : value];
  });
  return Object.fromEntries(settings);
}
