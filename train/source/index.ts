export { checkImages } from "./check-images";
export { parseShares, splitSizes } from "./split";
