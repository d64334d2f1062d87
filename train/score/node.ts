/** Predictions out of files. */

export { judgePredictions, predictionsJson } from "./predictions";
