import { UserError } from "../../../engine/index";
import { type Box, JOINTS, type Point } from "../../data/index";

/** A hand as a dataset describes it, in its format's joint order; lengths in pixels of the photograph. */
export interface SourceHand {
  /** The photograph's file, and its path as the dataset gives it. */
  readonly path: string;
  readonly photo: string;
  /** Tells the hands of one photograph apart; empty where there is but one. */
  readonly suffix: string;
  /** Hands of one group must not be split: those of one photograph, or of one moment. */
  readonly group: string;
  /** [21]; null where the joint was not labelled. */
  readonly joints: readonly (Point | null)[];
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
export function readJoints(rows: unknown, where: string): Pick<SourceHand, "joints" | "visible"> {
  if (!Array.isArray(rows) || rows.length !== JOINTS) {
    const got = Array.isArray(rows) ? rows.length : "none";
    throw new UserError(`${where}: expected ${JOINTS} joints, got ${got}`);
  }
  const joints = rows.map((row, j): Point | null => {
    if (!Array.isArray(row) || row.length < 2) throw new UserError(`${where}: joint ${j}: expected [x, y, v]`);
    const [x, y, v = 1] = row as number[];
    if (!Number.isFinite(x) || !Number.isFinite(y)) return null;
    return v > 0 || x > 0 || y > 0 ? [x, y] : null;
  });
  return { joints, visible: joints.map((joint, j) => joint !== null && (rows[j][2] ?? 1) > 0) };
}

/** The smallest box around the joints that are there; null without any. */
export function tightBox(joints: readonly (Point | null)[]): Box | null {
  const placed = joints.filter((joint) => joint !== null);
  if (placed.length === 0) return null;
  const [xs, ys] = [placed.map(([x]) => x), placed.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
