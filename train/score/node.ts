export { judgePredictions, predictionsJson } from "./predictions";
