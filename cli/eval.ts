import { UserError } from "../engine/errors";
import { writeFileAtomic } from "../model/files";
import { resolveConfig } from "../train/config";
import { SPLITS, type SplitName } from "../train/data/dataset";
import { evaluate } from "../train/evaluate";
import { loadCheckpoint } from "../train/files/checkpoint";
import { meanPose } from "../train/metrics/mean-pose";
import { evaluationLines, predictionsJson } from "../train/run/outputs";
import { createLearner, imagesPerPass } from "../train/run/setup";
import { loadWeights } from "../train/run/state";
import { openSource } from "../train/source";
import { withGpu } from "./gpu";

export interface EvalOptions {
  data?: string;
  split: string;
  predictions?: string;
  skipBad?: boolean;
  json?: boolean;
  adapter?: string;
}

export async function evalCommand(path: string, options: EvalOptions): Promise<void> {
  const split = options.split as SplitName;
  if (!SPLITS.includes(split)) throw new UserError(`--split ${split}: expected train, valid or test`);
  const checkpoint = loadCheckpoint(path, { weightsOnly: true });
  const { config } = resolveConfig(checkpoint.config, `${path}: its configuration`);
  if (options.skipBad) config.skip_bad = true;
  await withGpu(options.adapter, async (gpu) => {
    const source = openSource({ gpu, config, data: options.data });
    const learner = createLearner(gpu, config);
    loadWeights(learner.network.parameters, checkpoint.parameters, path);
    const result = await evaluate({
      gpu,
      network: learner.network,
      config,
      source,
      dataset: source.split(split),
      meanPose: await meanPose(source.split("train")),
      imagesPerPass: imagesPerPass(gpu, config),
    });
    if (options.predictions) await writeFileAtomic(options.predictions, predictionsJson(result));
    const { predictions: _, ...figures } = result;
    console.log(options.json ? JSON.stringify(figures) : evaluationLines(result).join("\n"));
    learner.dispose();
  });
}
