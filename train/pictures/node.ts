/** Pictures as PNG: skeletons and maps over an image, and sheets of them. */

export { Canvas, type Picture, resized } from "./canvas";
export { channel, drawSkeleton, heatmapOverlay, tintOverlay } from "./hand";
export { masksSheet, predictionPicture, type Sample, samplePicture } from "./samples";
export { type Cell, sheet } from "./sheet";
