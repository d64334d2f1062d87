import type { Config } from "../../config/index";
import { type Batch, JOINTS, STRIDE, stream } from "../index";
import { type Change, changesNothing, isShown, movePoint, sampleChange } from "./change";

/** A batch whose labels have been changed, and whose images are still to be. */
export interface AugmentedBatch extends Batch {
  /** [N] what is to be done to each image on the GPU; absent without augmentation. */
  changes?: readonly Change[];
}

/**
 * A training batch with a change for each image, its labels and visibility already changed; the pixels follow on the GPU
 * (feed.ts). Image i's change is a function of (seed, epoch, i) alone: whatever batch it comes in, and in a resumed run.
 * The batch itself where the experiment augments nothing.
 */
export function augmentBatch(config: Config, batch: Batch): AugmentedBatch {
  if (changesNothing(config.augment)) return batch;
  const changes = batch.indices.map((index) =>
    sampleChange(config.augment, config.image_size, stream(config.seed, "augment", batch.epoch, index)),
  );
  return changeBatch(batch, changes, config.image_size);
}

/** A batch with the given changes. Joints that leave the frame or lie under a cutout are no longer visible. */
export function changeBatch(batch: Batch, changes: readonly Change[], side: number): AugmentedBatch {
  const labelsMap = new Float64Array(batch.labelsMap.length);
  const examples = batch.examples.map((example, n) => {
    const labels = labelsMap.subarray(n * JOINTS * 2, (n + 1) * JOINTS * 2);
    const visible = Array.from({ length: JOINTS }, (_, j) => {
      const [x, y] = [example.labelsMap[2 * j] * STRIDE, example.labelsMap[2 * j + 1] * STRIDE];
      const moved = movePoint(changes[n], side, [x, y]);
      labels.set([moved[0] / STRIDE, moved[1] / STRIDE], 2 * j);
      return (example.visible?.[j] ?? true) && isShown(changes[n], side, moved);
    });
    return { ...example, labelsMap: labels, visible };
  });
  return { ...batch, labelsMap, examples, changes };
}
