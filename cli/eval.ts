import { UserError } from "../engine/errors/index";
import { HAND } from "../masks/index";
import { writeFileAtomic } from "../model/files/node";
import { STRIDE } from "../model/network/index";
import { experimentSchema } from "../train/config/index";
import { describeChange, SPLITS, type SplitName } from "../train/data/index";
import { parseDecoders } from "../train/decode/index";
import { placeTrained, readTrained, type TrainedFile } from "../train/infer/node";
import {
  accuracyLines,
  decoderLines,
  type Evaluation,
  evaluateDecoders,
  type Judgement,
  judgementLines,
  meanPose,
} from "../train/score/index";
import { judgePredictions, predictionsJson } from "../train/score/node";
import { openFolder, openSource, type Source, tablesOf, withFolder } from "../train/source/node";
import { imagesPerPass } from "../train/step/index";
import { withTunedGpu } from "./gpu";
import { expectPlace } from "./paths";

export interface EvalOptions {
  data?: string;
  split: string;
  decoders?: string;
  flip?: boolean;
  predictions?: string;
  skipBad?: boolean;
  json?: boolean;
  adapter?: string;
}

/** Evaluates a checkpoint, or a file of predictions, on one split of a dataset. */
export async function evalCommand(path: string, options: EvalOptions): Promise<void> {
  const split = options.split as SplitName;
  if (!SPLITS.includes(split)) throw new UserError(`--split ${split}: expected train, valid or test`);
  const tables = options.data === undefined ? [] : tablesOf(options.data);
  await expectPlace("--predictions", options.predictions, [path, ...tables]);
  const judgements = path.endsWith(".json")
    ? [await evalPredictions(path, split, options)]
    : await evalCheckpoint(path, split, options);
  const [first] = judgements;
  if (options.predictions) await writeFileAtomic(options.predictions, predictionsJson(first.predictions));
  if (options.json) {
    const figures = judgements.map(({ predictions: _, ...rest }) => rest);
    console.log(JSON.stringify(figures.length > 1 ? figures : figures[0]));
    return;
  }
  const lines = [...judgementLines(first), "", ...accuracyLines(first)];
  if (judgements.length > 1) lines.push("", ...decoderLines(judgements as Evaluation[]));
  console.log(lines.join("\n"));
}

function evalCheckpoint(path: string, split: SplitName, options: EvalOptions): Promise<Evaluation[]> {
  const asked = options.decoders === undefined ? null : parseDecoders(options.decoders);
  const file = readTrained(path);
  const names = asked ?? [file.config.decoder];
  if (options.skipBad) file.config.skip_bad = true;
  return withTunedGpu(options.adapter, async (gpu) => {
    const { network, config: trained } = placeTrained(gpu, file);
    const config = withFolder(trained, options.data);
    const source = openSource({ gpu, config });
    if (options.data === undefined) tellOfChange(file, source);
    const results = await evaluateDecoders(
      {
        gpu,
        network,
        config,
        source,
        dataset: source.split(split),
        meanPose: await meanPose(source.split("train")),
        imagesPerPass: imagesPerPass(gpu, config),
        flip: options.flip,
      },
      names,
    );
    network.dispose();
    return results;
  });
}

/** A checkpoint's own folder may hold something else by now. */
function tellOfChange({ path, config, contents: before }: TrainedFile, source: Source): void {
  const now = source.contents();
  const change = before && now && describeChange(before, now);
  if (change) console.error(`nsrm: ${config.data_root} has changed since ${path} was trained: ${change}`);
}

/** No network runs, so nothing that changes how joints are found applies. */
async function evalPredictions(path: string, split: SplitName, options: EvalOptions): Promise<Judgement> {
  const { data, skipBad = false } = options;
  if (data === undefined)
    throw new UserError(`${path}: predictions are evaluated on a dataset folder: give --data DIR`);
  for (const name of ["decoders", "flip"] as const) {
    if (options[name])
      throw new UserError(`--${name}: ${path} holds joints, not maps; evaluate the checkpoint instead`);
  }
  const imageSize = STRIDE; // no image is decoded
  const { splits } = openFolder({ root: data, skeleton: HAND, imageSize, skipBad });
  return judgePredictions({
    path,
    dataset: splits.get(split)!,
    meanPose: await meanPose(splits.get("train")!),
    thresholds: experimentSchema.shape.pck_thresholds.parse(undefined),
    skipBad,
  });
}
