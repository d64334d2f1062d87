import type { Command } from "commander";
import { FORMATS, formatOptions } from "../train/prepare/formats/node";
import { anyOf } from "./arguments";
import { aPath } from "./paths";

/** Declares `nsrm prepare`. The formats, which say their own options, are loaded where this verb is spoken of. */
export async function declarePrepare(program: Command): Promise<void> {
  const prepare = program
    .command("prepare")
    .description("cut the hands out of a dataset's photographs, into a folder to train on")
    .argument("<format>", anyOf(FORMATS))
    .argument("<src>", "the dataset's folder, or its annotation file", aPath)
    .argument("<dst>", "folder to make: imgs/, labels.json, partitions.json, visibility.json, boxes.json", aPath)
    .option("--size <pixels>", "side of the crops", "368")
    .option("--split <train/valid/test>", "percentages", "80/10/10")
    .option("--seed <n>", "seed of the shuffle, Python's random.shuffle; the paper's by default", "1111")
    .option("--contiguous", "do not shuffle: for frames of a video, of which neighbours are nearly the same")
    .option("--min-joints <n>", "leave out hands with fewer labelled joints", "5");
  if (process.argv.includes("prepare")) await declareOwnOptions(prepare);
  prepare
    .option("--json", "print nothing but one JSON object at the end")
    .action(async (format, source, target, options) => {
      process.exitCode = await (await import("./prepare")).prepareCommand(format, source, target, options);
    });
}

async function declareOwnOptions(prepare: Command): Promise<void> {
  for (const { format, name, placeholder, says, words } of await formatOptions()) {
    const [flags, description] = [`--${name} <${placeholder}>`, `${format}: ${says}`];
    if (words) prepare.option(flags, description, words[0]);
    else prepare.option(flags, description, aPath);
  }
}
