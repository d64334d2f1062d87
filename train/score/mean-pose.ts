import { UserError } from "../../engine/index";
import type { Dataset } from "../data/index";
import { movePoints, type Points, type Pose } from "../pose/index";

/** Poses from one breath to the next: so many take milliseconds. */
const BREATH = 256;

/**
 * The mean of a dataset's labels, [J, 2] as fractions of width and height: what a predictor that never looks at the
 * image would say. A network's PCK means something by how far it is above this one's. Joints count where they are visible;
 * one that never is stands in the image's middle. Images that cannot be read are left out; to report them is the loader's
 * part.
 * @param stop a signal ends it, which throws the signal's reason
 */
export async function meanPose(dataset: Dataset, stop?: AbortSignal): Promise<Points> {
  const sums = new PoseSums(dataset.skeleton.joints.length);
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

class PoseSums {
  readonly #sum: Points;
  readonly #count: Float64Array;

  constructor(joints: number) {
    this.#sum = new Float64Array(2 * joints);
    this.#count = new Float64Array(joints);
  }

  add({ points, width, height, visible }: Pose): void {
    for (let j = 0; j < this.#count.length; j++) {
      if (visible && !visible[j]) continue;
      this.#sum[j * 2] += points[j * 2] / width;
      this.#sum[j * 2 + 1] += points[j * 2 + 1] / height;
      this.#count[j]++;
    }
  }

  mean(): Points {
    return this.#sum.map((s, i) => (this.#count[i >> 1] > 0 ? s / this.#count[i >> 1] : 0.5));
  }
}

/** The mean pose as a prediction for one image, [J, 2] in its pixels. */
export const placeMeanPose = (mean: Points, { width, height }: Pick<Pose, "width" | "height">): Points =>
  movePoints(mean, ([x, y]) => [x * width, y * height]);
