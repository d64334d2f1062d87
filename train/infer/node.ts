/** A trained network out of a file, and joints of the images in a folder. */

export { type InferOptions, type InferredImage, inferImages } from "./infer";
export { type ImageFile, listImages, resultNames } from "./list-images";
export { heatmapSheet, maskSheet, overlayPicture } from "./pictures";
export { placeTrained, readTrained, type TrainedFile } from "./trained";
