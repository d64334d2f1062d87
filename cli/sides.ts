import { UserError } from "../engine/errors/index";
import { STRIDE } from "../model/network/index";
import { wholeNumberFrom } from "./arguments";

/** Pixels; larger images take more memory than there is. */
export const LARGEST_SIDE = 4096;

/** The side of an image that maps are made for, in pixels. @throws UserError unless it is a multiple of the stride, and not too large */
export function sideFrom(option: string, text: string): number {
  const side = wholeNumberFrom(option, text, STRIDE, LARGEST_SIDE);
  if (side % STRIDE !== 0) throw new UserError(`${option} ${text}: expected a multiple of ${STRIDE}`);
  return side;
}
