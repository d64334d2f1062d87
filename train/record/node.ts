/** What a run leaves in its folder: names of files, journal, samples, worst cases; and which checkpoint is the newest. */

export { type EvaluationLine, Journal, PHASES, type Phase, type SessionLine } from "./journal";
export { damageOf, holdsRun, loadNewest, wholeBeside } from "./newest";
export { FILES, writeEvaluation } from "./outputs";
export { writeMasks, writeSamples } from "./samples";
export { type WorstCase, writeWorst } from "./worst";
