import type { Skeleton } from "../../../masks/index";
import { STRIDE } from "../../../model/network/index";
import { type Config, skeletonOf } from "../../config/index";
import { fromMapUnits, pointAt } from "../../pose/index";
import { type Batch, stream } from "../index";
import { type Change, changesNothing, isMirrored, isShown, movePoint, sampleChange } from "./change";

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
  return changeBatch(skeletonOf(config), batch, changes, config.image_size);
}

/**
 * A batch with the given changes. Joints that leave the frame or lie under a cutout are no longer visible; in a mirrored
 * image a joint's place is that of its partner.
 */
export function changeBatch(
  { joints }: Skeleton,
  batch: Batch,
  changes: readonly Change[],
  side: number,
): AugmentedBatch {
  const mapPoints = new Float64Array(batch.mapPoints.length);
  const coordinates = 2 * joints.length;
  const examples = batch.examples.map((example, n) => {
    const own = mapPoints.subarray(n * coordinates, (n + 1) * coordinates);
    const before = fromMapUnits(example.mapPoints);
    const mirrored = isMirrored(changes[n]);
    const visible = joints.map(({ mirror }, j) => {
      const from = mirrored ? mirror : j;
      const moved = movePoint(changes[n], side, pointAt(before, from));
      own.set([moved[0] / STRIDE, moved[1] / STRIDE], 2 * j);
      return (example.visible?.[from] ?? true) && isShown(changes[n], side, moved);
    });
    return { ...example, mapPoints: own, visible };
  });
  return { ...batch, mapPoints, examples, changes };
}
