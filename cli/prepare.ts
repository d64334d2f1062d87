import { ORDERS, type OrderOption } from "../train/prepare/formats/node";
import { FORMATS, type Format, prepare, summaryLines } from "../train/prepare/node";
import { parseShares } from "../train/source/node";
import { oneOf, sideFrom, wholeNumberFrom } from "./arguments";
import { stoppable } from "./stoppable";

export interface PrepareCommandOptions {
  size: string;
  split: string;
  seed: string;
  contiguous?: boolean;
  minJoints: string;
  images?: string;
  order: string;
  json?: boolean;
}

/** @returns exit code */
export async function prepareCommand(
  format: string,
  source: string,
  target: string,
  options: PrepareCommandOptions,
): Promise<number> {
  const request = {
    format: oneOf("FORMAT", format, FORMATS) as Format,
    source,
    target,
    size: sideFrom("--size", options.size),
    split: {
      shares: parseShares(options.split),
      seed: wholeNumberFrom("--seed", options.seed, 0),
      contiguous: options.contiguous ?? false,
    },
    minJoints: wholeNumberFrom("--min-joints", options.minJoints, 2, 21),
    coco: { images: options.images, order: oneOf("--order", options.order, ORDERS) as OrderOption },
    silent: options.json,
  };
  return stoppable(async (stop) => {
    const prepared = await prepare({ ...request, stop });
    console.log(options.json ? JSON.stringify({ target, ...prepared }) : summaryLines(target, prepared).join("\n"));
  });
}
