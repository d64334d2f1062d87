/** A run's files: checkpoints, logs, locks, progress, tables of tuned kernels. */

export { type Checkpoint, loadCheckpoint, type ParameterState, saveCheckpoint } from "./checkpoint";
export { openCounter } from "./counter";
export { lockFolder } from "./lock";
export { openLog, type RunLog } from "./log";
export { lastStep, MetricsLog, missingSteps, numbered, readMetrics } from "./metrics-log";
export { makeFolder } from "./new-folder";
export { type Labelled, NsrmFolder } from "./nsrm-folder";
export { formatDuration, openProgress, type Progress } from "./progress";
export { removeStaleTemporaries } from "./stale-temporaries";
export { EventFile } from "./tensorboard";
export { describeTuning, saveTuning, type TuningFile, useTuning } from "./tuning-file";
