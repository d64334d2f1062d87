export { type FindOptions, type FoundHand, findHands, type Trained, type View } from "./hands";
export { aroundBox, cropRegion, parseBox, type Region, wholeImage } from "./region";
