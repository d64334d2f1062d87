/** From confidence maps to joints: the original's argmax, its refinements, and the mean with the mirror image. */

export { type DecodedHand, decodeHeatmaps } from "./decode";
export { DECODERS, type Decoder, type DecoderName, decoders, type MapFacts, parseDecoders } from "./decoders";
export { flippedHeatmaps } from "./flip";
