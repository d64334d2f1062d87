export { type EvaluationLine, Journal, PHASES, type Phase, type SessionLine } from "./journal";
export { damageOf, holdsRun, loadNewest, wholeBeside } from "./newest";
export { FILES, writeEvaluation } from "./outputs";
export { writeMasks, writeSamples } from "./samples";
export { type WorstCase, writeWorst } from "./worst";
