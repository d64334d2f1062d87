/** Images out of files, decoded and resized. */

export { decodeImage, imageSizeOf, MAX_PIXELS } from "./decode-image";
export { resizeInBackground } from "./resize-pool";
