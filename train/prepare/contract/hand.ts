import { UserError } from "../../../engine/errors/index";
import { HAND } from "../../../masks/index";
import { type Box, isPlaced, type Point, type Points, pointsOf } from "../../pose/index";

/** A hand as a dataset describes it, in its format's joint order; lengths in pixels of the photograph. */
export interface SourceHand {
  /** The photograph's file, and its path as the dataset gives it. */
  readonly path: string;
  readonly photo: string;
  /** Tells the hands of one photograph apart; empty where there is but one. */
  readonly suffix: string;
  /** Hands of one group must not be split: those of one photograph, or of one moment. */
  readonly group: string;
  /** [21, 2]; NaN where the joint was not labelled. */
  readonly points: Points;
  /** [21]; whether it is marked as seen. False where it was not labelled. */
  readonly visible: readonly boolean[];
  /** The photograph's size that the labels are for, and a box around the hand, where the dataset has them. */
  readonly photoSize?: { readonly width: number; readonly height: number };
  readonly box?: Box;
}

/**
 * Reads 21 x [x, y, v] as most datasets have them: a joint without a finite place, or with v 0 and placed at or before
 * the corner (0, 0), is missing. One with v 0 and a place is hidden.
 * @throws UserError naming `where` for another number of joints
 */
export function readJoints(rows: unknown, where: string): Pick<SourceHand, "points" | "visible"> {
  if (!Array.isArray(rows) || rows.length !== HAND.joints.length) {
    const got = Array.isArray(rows) ? rows.length : "none";
    throw new UserError(`${where}: expected ${HAND.joints.length} joints, got ${got}`);
  }
  const places = rows.map((row, j): Point | null => {
    if (!Array.isArray(row) || row.length < 2) throw new UserError(`${where}: joint ${j}: expected [x, y, v]`);
    const [x, y, v = 1] = row as number[];
    if (!Number.isFinite(x) || !Number.isFinite(y)) return null;
    return v > 0 || x > 0 || y > 0 ? [x, y] : null;
  });
  const points = pointsOf(places);
  return { points, visible: rows.map((row, j) => isPlaced(points, j) && (row[2] ?? 1) > 0) };
}
