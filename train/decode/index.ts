export { type DecodedHand, decodeHeatmaps } from "./decode";
export { DECODERS, type Decoder, type DecoderName, decoders, type MapFacts, parseDecoders } from "./decoders";
export { flippedHeatmaps } from "./flip";
