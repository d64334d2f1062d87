export { Canvas, type Picture, resized } from "./canvas";
export { channel, drawSkeleton, heatmapOverlay, type Joints, tintOverlay } from "./hand";
export { masksSheet, predictionPicture, type Sample, samplePicture } from "./samples";
export { type Cell, sheet } from "./sheet";
