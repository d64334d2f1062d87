import { UserError } from "../../engine/index";
import { type Dataset, JOINTS, type Pose } from "../data/index";

/** Poses from one breath to the next: so many take milliseconds. */
const BREATH = 256;

/**
 * The mean of a dataset's labels, [21, 2] as fractions of width and height: what a predictor that never looks at the
 * image would say. A network's PCK means something by how far it is above this one's. Images that cannot be read are
 * left out; to report them is the loader's part.
 * @param stop a signal ends it, which throws the signal's reason
 */
export async function meanPose(dataset: Dataset, stop?: AbortSignal): Promise<Float64Array<ArrayBuffer>> {
  const sums = new PoseSums();
  for (let i = 0; i < dataset.size; i++) {
    // Hands that are drawn have their poses at once; without a breath now and then no signal would be heard.
    if (i % BREATH === 0) await new Promise((resolve) => setTimeout(resolve));
    stop?.throwIfAborted();
    try {
      sums.add(await dataset.pose(i));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return sums.mean();
}

/** The same over poses at hand. Joints count where they are visible; one that never is stands in the image's middle. */
export function meanPoseOf(poses: Iterable<Pose>): Float64Array<ArrayBuffer> {
  const sums = new PoseSums();
  for (const pose of poses) sums.add(pose);
  return sums.mean();
}

class PoseSums {
  readonly #sum = new Float64Array(JOINTS * 2);
  readonly #count = new Float64Array(JOINTS);

  add({ labelsPx, width, height, visible }: Pose): void {
    for (let j = 0; j < JOINTS; j++) {
      if (visible && !visible[j]) continue;
      this.#sum[j * 2] += labelsPx[j * 2] / width;
      this.#sum[j * 2 + 1] += labelsPx[j * 2 + 1] / height;
      this.#count[j]++;
    }
  }

  mean(): Float64Array<ArrayBuffer> {
    return this.#sum.map((s, i) => (this.#count[i >> 1] > 0 ? s / this.#count[i >> 1] : 0.5));
  }
}

/** The mean pose as a prediction for one image, [21][2] in its pixels. */
export function placeMeanPose(mean: Float64Array, { width, height }: Pick<Pose, "width" | "height">): number[][] {
  return Array.from({ length: JOINTS }, (_, j) => [mean[j * 2] * width, mean[j * 2 + 1] * height]);
}
