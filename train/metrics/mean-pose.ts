import { UserError } from "../../engine/errors";
import { type Dataset, JOINTS, type Pose } from "../data/dataset";

/**
 * The mean of a dataset's labels, [21, 2] as fractions of width and height: what a predictor that never looks at the
 * image would say. A network's PCK means something by how far it is above this one's. Images that cannot be read are
 * left out; to report them is the loader's part.
 */
export async function meanPose(dataset: Dataset): Promise<Float64Array<ArrayBuffer>> {
  const poses: Pose[] = [];
  for (let i = 0; i < dataset.size; i++) {
    try {
      poses.push(await dataset.pose(i));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return meanPoseOf(poses);
}

/** The same over poses at hand. Joints count where they are visible; one that never is stands in the image's middle. */
export function meanPoseOf(poses: Iterable<Pose>): Float64Array<ArrayBuffer> {
  const sum = new Float64Array(JOINTS * 2);
  const count = new Float64Array(JOINTS);
  for (const { labelsPx, width, height, visible } of poses) {
    for (let j = 0; j < JOINTS; j++) {
      if (visible && !visible[j]) continue;
      sum[j * 2] += labelsPx[j * 2] / width;
      sum[j * 2 + 1] += labelsPx[j * 2 + 1] / height;
      count[j]++;
    }
  }
  return sum.map((s, i) => (count[i >> 1] > 0 ? s / count[i >> 1] : 0.5));
}

/** The mean pose as a prediction for one image, [21][2] in its pixels. */
export function placeMeanPose(mean: Float64Array, { width, height }: Pick<Pose, "width" | "height">): number[][] {
  return Array.from({ length: JOINTS }, (_, j) => [mean[j * 2] * width, mean[j * 2 + 1] * height]);
}
