import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../engine/index";
import { type Checkpoint, lastStep, loadCheckpoint } from "../files/node";
import { FILES } from "./outputs";

/** A checkpoint to go on from. */
export interface Newest {
  checkpoint: Checkpoint;
  path: string;
  /** Why it is not the last one; null where it is. */
  warning: string | null;
}

/** Whether there is a checkpoint in a folder, whole or not, that a run could go on from. */
export const holdsRun = (out: string): boolean =>
  [FILES.last, FILES.previous].some((name) => existsSync(join(out, name)));

/**
 * The newest whole checkpoint of a run's folder that has one: the last, or, where that is damaged, the one before it.
 * @throws UserError saying what is wrong with both, and what else there is
 */
export function loadNewest(out: string): Newest {
  const [last, previous] = [FILES.last, FILES.previous].map((name) => join(out, name));
  let damage: string;
  try {
    return { checkpoint: loadCheckpoint(last), path: last, warning: null };
  } catch (error) {
    damage = messageOf(error);
  }
  try {
    const checkpoint = loadCheckpoint(previous);
    const lost = Math.max(0, lastStep(join(out, FILES.metrics)) - checkpoint.step);
    const again = lost === 0 ? "no step is lost" : `${lost} steps are taken again`;
    const warning = `${damage}; going on from ${FILES.previous} at step ${checkpoint.step}: ${again}`;
    return { checkpoint, path: previous, warning };
  } catch (error) {
    const both = existsSync(previous) ? `${damage}; ${messageOf(error)}` : damage;
    throw new UserError(`${both}; ${remedy(last)}`);
  }
}

function remedy(path: string): string {
  const others = wholeBeside(path);
  const weights = others.length > 0 ? `, from what is whole there, --set init=${join(dirname(path), others[0])}` : "";
  return `nothing is left to go on from; begin anew with another --out${weights}`;
}

/** The checkpoints of a run that lie in the same folder and can be read, by name. */
export function wholeBeside(path: string): string[] {
  const others = [FILES.best, FILES.last, FILES.previous].filter((name) => name !== basename(path));
  return others.filter((name) => damageOf(join(dirname(path), name)) === null);
}

/** Why a checkpoint's weights cannot be used; null where they can. */
export function damageOf(path: string): string | null {
  try {
    loadCheckpoint(path, { weightsOnly: true });
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  throw error;
}
