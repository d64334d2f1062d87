import { existsSync } from "node:fs";
import { realpath, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { quietly, UserError } from "../engine/errors/index";
import type { Skeleton } from "../masks/index";
import { ensureFolder, fileError, writeFileAtomic } from "../model/files/node";
import { skeletonOf } from "../train/config/index";
import { parseDecoders } from "../train/decode/index";
import { parseBox } from "../train/infer/index";
import {
  heatmapSheet,
  type InferOptions,
  type InferredImage,
  inferImages,
  listImages,
  maskSheet,
  overlayPicture,
  placeTrained,
  readTrained,
  resultNames,
  type TrainedFile,
} from "../train/infer/node";
import { movePoints, type Points, pairsOf } from "../train/pose/index";
import { withTunedGpu } from "./gpu";

export interface InferCommandOptions {
  bbox?: string;
  out?: string;
  json?: boolean;
  heatmaps?: boolean;
  masks?: boolean;
  track?: boolean;
  fps: string;
  decoder: string;
  flip?: boolean;
  skipBad?: boolean;
  adapter?: string;
}

/** File that all joints go to. */
const KEYPOINTS = "keypoints.json";

/** Finds the hand in an image, or in every image of a folder. */
export async function inferCommand(checkpoint: string, path: string, options: InferCommandOptions): Promise<void> {
  const files = listImages(path);
  const box = options.bbox === undefined ? undefined : parseBox(options.bbox);
  const fps = Number(options.fps);
  if (!(fps > 0 && Number.isFinite(fps))) throw new UserError(`--fps ${options.fps}: expected a number above 0`);
  const decoders = parseDecoders(options.decoder);
  if (decoders.length > 1) throw new UserError(`--decoder ${options.decoder}: expected one of them`);
  // For a program that reads the JSON, pictures are on request.
  const out = options.out ?? (options.json ? null : "inferred");
  if (out === null && (options.heatmaps || options.masks)) {
    throw new UserError("--heatmaps and --masks write pictures: say where by --out DIR");
  }
  const weights = readTrained(checkpoint);
  if (options.masks && weights.config.model === "CPM") {
    throw new UserError(`--masks: ${checkpoint} is a CPM, which predicts no limb masks`);
  }
  const made = out !== null && !existsSync(out);
  if (out !== null) await prepareFolder(out, path);
  try {
    await lookAt({ path, files, weights, box, fps, decoder: decoders[0], out }, options);
  } catch (error) {
    if (made) await quietly(() => rmdir(out)); // there are pictures in it
    throw error;
  }
}

/** What to look at, and where the results go. */
interface Task extends Pick<InferOptions, "files" | "box" | "decoder"> {
  path: string;
  weights: TrainedFile;
  fps: number;
  out: string | null;
}

async function lookAt(task: Task, options: InferCommandOptions): Promise<void> {
  const { path, files, weights, box, fps, decoder, out } = task;
  const skeleton = skeletonOf(weights.config);
  const names = new Map(resultNames(files).map((name, i) => [files[i].name, name]));
  const results: Record<string, unknown> = {};

  await withTunedGpu(options.adapter, async (gpu) => {
    const trained = placeTrained(gpu, weights);
    const images = inferImages({
      gpu,
      trained,
      files,
      decoder,
      flip: options.flip,
      limbs: options.masks,
      box,
      track: options.track ? { fps } : undefined,
      onBad: options.skipBad ? (error) => console.error(`nsrm: left out: ${error.message}`) : undefined,
    });
    for await (const result of images) {
      const { file } = result;
      results[file.name] = record(result);
      if (out !== null) await writePictures(skeleton, join(out, names.get(file.name)!), result, options);
      if (!options.json) console.log(line(result));
    }
    trained.network.dispose();
  });
  if (Object.keys(results).length === 0) throw new UserError(`${path}: not one image can be read`);
  if (out !== null) await writeFileAtomic(join(out, KEYPOINTS), `${JSON.stringify(results, null, 1)}\n`);
  console.log(options.json ? JSON.stringify(results) : `${out}: ${KEYPOINTS} and pictures`);
}

/** @throws UserError where results would come to lie in the folder of images, and be taken for such by the next call */
async function prepareFolder(out: string, images: string): Promise<void> {
  try {
    await ensureFolder(out);
    if ((await realpath(out)) !== (await realpath(images))) return;
  } catch (error) {
    throw fileError("make a folder of", out, error);
  }
  throw new UserError(`--out ${out}: is the folder of the images; choose another`);
}

async function writePictures(
  skeleton: Skeleton,
  stem: string,
  result: InferredImage,
  options: InferCommandOptions,
): Promise<void> {
  const { image, points, hand, file } = result;
  const write = async (kind: string, png: Promise<Buffer>) => writeFileAtomic(`${stem}_${kind}.png`, [await png]);
  await write("joints", overlayPicture(skeleton, image, points));
  if (options.heatmaps) await write("heatmaps", heatmapSheet(skeleton, file.name, hand, pointsInView(result)));
  if (options.masks) await write("masks", maskSheet(skeleton, file.name, hand));
}

/** From pixels of the image to those of the view that the network saw. */
function pointsInView({ points, region, hand }: InferredImage): Points {
  const scale = hand.seen.width / region.side;
  return movePoints(points, ([x, y]) => [(x - region.x) * scale, (y - region.y) * scale]);
}

/** An image's part of keypoints.json. `eval` reads it too. */
const record = ({ image, region, points, found, hand }: InferredImage) => ({
  width: image.width,
  height: image.height,
  region,
  found,
  joints: pairsOf(points),
  confidence: hand.confidence,
});

function line({ file, image, region, found, hand }: InferredImage): string {
  const mean = hand.confidence.reduce((sum, c) => sum + c, 0) / hand.confidence.length;
  const where = `looked at ${region.side} x ${region.side} from (${region.x}, ${region.y})`;
  const state = found ? `confidence ${mean.toFixed(2)}` : `lost (confidence ${mean.toFixed(2)})`;
  return `${file.name}: ${image.width} x ${image.height}, ${where}, ${state}`;
}
