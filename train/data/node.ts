export { decodeImage, imageSizeOf, MAX_PIXELS } from "./decode";
export { resizeInBackground } from "./resize-pool";
