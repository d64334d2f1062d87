import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../engine/index";
import { isFolder, parseJson, readText, statsOf } from "../../model/files/node";
import { type Config, resolveConfig } from "../config/index";
import { readMetrics } from "../files/node";
import { type EvaluationLine, FILES, type SessionLine, type WorstCase } from "../record/node";
import type { Evaluation } from "../score/index";
import type { StepLine } from "../step/index";

/** The figures of {valid,test}_pck.json; what has no number there (a joint that was never judged) is null. */
export type Figures = Omit<Evaluation, "predictions"> & { epoch: number; step: number };

/** All that a report tells of a run, read from its folder. */
export interface RunRecord {
  folder: string;
  /** Its name in the report: the experiment's, or the folder's where several runs have one name. */
  name: string;
  config: Config;
  steps: StepLine[];
  /** Validations in the order of their steps. */
  validations: EvaluationLine[];
  sessions: SessionLine[];
  valid: Figures | null;
  test: Figures | null;
  /** Pictures of samples by epoch, ascending. */
  samples: { epoch: number; path: string }[];
  worst: (WorstCase & { path: string })[];
  masks: string | null;
  log: string;
}

/** @throws UserError naming the folder, or the file in it, that is not what a run leaves */
export function readRun(folder: string): RunRecord {
  if (!isFolder(folder)) {
    throw new UserError(
      statsOf(folder) ? `${folder}: is a file, expected a run's folder` : `${folder}: no such folder`,
    );
  }
  const inside = (...names: string[]) => join(folder, ...names);
  if (!existsSync(inside(FILES.config))) {
    throw new UserError(`${folder}: not the folder of a run (it has no ${FILES.config})`);
  }
  const json = (path: string) => parseJson(readText(path, "a run's figures"), path);
  const optional = (path: string) => (existsSync(path) ? json(path) : null);
  const { config } = resolveConfig(json(inside(FILES.config)), inside(FILES.config));
  const validations = readMetrics<EvaluationLine>(inside(FILES.evaluations)).filter((line) => line.split === "valid");
  const masks = inside(FILES.samples, FILES.masks);
  return {
    folder,
    name: config.name,
    config,
    steps: readMetrics<StepLine>(inside(FILES.metrics)),
    // Older runs that were resumed at their end have evaluated the same step twice.
    validations: [...new Map(validations.map((line) => [line.step, line])).values()],
    sessions: readMetrics<SessionLine>(inside(FILES.sessions)),
    valid: optional(inside(FILES.pck("valid"))) as Figures | null,
    test: optional(inside(FILES.pck("test"))) as Figures | null,
    samples: samplePictures(inside(FILES.samples)),
    worst: worstPictures(inside(FILES.worst), optional),
    masks: existsSync(masks) ? masks : null,
    log: existsSync(inside(FILES.log)) ? readFileSync(inside(FILES.log), "utf8") : "",
  };
}

/** Several runs, each under a name of its own. */
export function readRuns(folders: readonly string[]): RunRecord[] {
  const runs = folders.map(readRun);
  const twice = (name: string) => runs.filter((run) => run.name === name).length > 1;
  return runs.map((run) => (twice(run.name) ? { ...run, name: basename(resolve(run.folder)) } : run));
}

function samplePictures(folder: string): RunRecord["samples"] {
  if (!existsSync(folder)) return [];
  const pictures = readdirSync(folder).flatMap((file) => {
    const epoch = /^epoch_(\d+)\.png$/.exec(file)?.[1];
    return epoch === undefined ? [] : [{ epoch: Number(epoch), path: join(folder, file) }];
  });
  return pictures.sort((a, b) => a.epoch - b.epoch);
}

function worstPictures(folder: string, optional: (path: string) => unknown): RunRecord["worst"] {
  const listed = (optional(join(folder, FILES.worstIndex)) ?? []) as WorstCase[];
  return listed
    .map((entry) => ({ ...entry, path: join(folder, basename(entry.file)) }))
    .filter(({ path }) => existsSync(path));
}
