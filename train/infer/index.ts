/** Looking at images: the part to look at, and the hand that is found there. */

export { type FindOptions, type FoundHand, findHands, type Trained, type View } from "./hands";
export { aroundBox, cropRegion, parseBox, type Region, wholeImage } from "./region";
