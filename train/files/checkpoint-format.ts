import { type LossScaleState, UserError } from "../../engine/index";
import { isLossScaleState } from "../../engine/optim/index";
import { encodeSafetensors, type NamedArray, type SafetensorsFile } from "../../model/files/index";
import { type Contents, isContents } from "../data/index";

/** Where a run stands. */
export interface Position {
  /** Steps taken in all (also Adam's t). */
  step: number;
  /** The epoch in progress (from 1; weights that were imported are of epoch 0), and batches of it that are done. */
  epoch: number;
  batchInEpoch: number;
  /** Best validation score so far, null before the first. */
  bestScore: number | null;
  /** The last step was an epoch's or the run's last, and its validation, which decides on the best checkpoint, is still to be done. */
  validationDue: boolean;
}

/**
 * A checkpoint is one safetensors file: parameters under their plain names (`vgg19.backbone.0.weight`), so that any tool
 * reads the weights, Adam's moments as `exp_avg.NAME` and `exp_avg_sq.NAME`, and everything else a run needs to go on
 * in the metadata. Its `checksum` is the SHA-256 of the whole file with the checksum's own 64 digits read as zeros.
 */
export interface Checkpoint extends Position {
  /** Adapter, and tuning table, that it was trained with: only there does resuming give the same bits. */
  adapter: string;
  seed: number;
  /** State of the random generators: any JSON value, as the training loop wants it back. */
  rng: unknown;
  /** State of the loss scale; null, or not there, in single precision. */
  lossScale?: LossScaleState | null;
  /** The resolved configuration, a JSON value. */
  config: unknown;
  /** What it was trained on; null, or not there, where the configuration tells it, or nobody does. */
  contents?: Contents | null;
  parameters: Map<string, ParameterState>;
}

/** One parameter's values, row-major, and what its optimizer keeps of it. */
export interface ParameterState {
  shape: readonly number[];
  value: Float32Array;
  /** Adam's running means of the gradient and of its square; null in a file of weights alone. */
  moments: { expAvg: Float32Array; expAvgSq: Float32Array } | null;
}

const KIND = "nsrm-checkpoint";
const VERSION = "1";
const EXP_AVG = "exp_avg.";
const EXP_AVG_SQ = "exp_avg_sq.";
const NO_CHECKSUM = "0".repeat(64);

/** The checkpoint's file in consecutive pieces, its checksum still zeros: the hash of them all goes in by `stampChecksum`. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array[] {
  return encodeSafetensors(tensors(checkpoint), {
    kind: KIND,
    format_version: VERSION,
    adapter: checkpoint.adapter,
    epoch: JSON.stringify(checkpoint.epoch),
    step: JSON.stringify(checkpoint.step),
    step_in_epoch: JSON.stringify(checkpoint.batchInEpoch),
    seed: JSON.stringify(checkpoint.seed),
    rng: JSON.stringify(checkpoint.rng ?? null),
    best_score: JSON.stringify(checkpoint.bestScore),
    validation_due: JSON.stringify(checkpoint.validationDue),
    loss_scale: JSON.stringify(checkpoint.lossScale ?? null),
    config: JSON.stringify(checkpoint.config ?? null),
    contents: JSON.stringify(checkpoint.contents ?? null),
    checksum: NO_CHECKSUM,
  });
}

/** Puts the SHA-256 of a file whose checksum is zeros (64 hexadecimal digits) into its header. */
export function stampChecksum(header: Uint8Array, digest: string): void {
  replaceChecksum(header, NO_CHECKSUM, digest);
}

/** Sets the checksum in a file's header to zeros again, as it was when it was hashed. */
export function blankChecksum(header: Uint8Array, checksum: string): void {
  replaceChecksum(header, checksum, NO_CHECKSUM);
}

/** Digits for digits, in place; nothing where they do not stand there. The quotes cannot occur unescaped in another string. */
function replaceChecksum(header: Uint8Array, from: string, to: string): void {
  const key = '"checksum":"';
  const at = new TextDecoder("latin1").decode(header).indexOf(`${key}${from}"`);
  if (at >= 0) header.set(new TextEncoder().encode(to), at + key.length);
}

function* tensors({ parameters }: Checkpoint): Generator<NamedArray> {
  for (const [name, { shape, value, moments }] of parameters) {
    yield { name, shape, data: value };
    if (!moments) continue;
    yield { name: EXP_AVG + name, shape, data: moments.expAvg };
    yield { name: EXP_AVG_SQ + name, shape, data: moments.expAvgSq };
  }
}

/**
 * Reads a checkpoint out of an opened file whose checksum is the caller's to verify. With `weightsOnly` the moments are
 * left where they are.
 * @throws UserError in one line for a file of another kind or of a newer version
 */
export function decodeCheckpoint(file: SafetensorsFile, options: { weightsOnly?: boolean } = {}): Checkpoint {
  const { path } = file;
  const bestScore = field(path, file, "best_score");
  if (bestScore !== null && typeof bestScore !== "number") throw new UserError(`${path}: best_score is not a number`);
  return {
    adapter: file.metadata.adapter ?? "",
    epoch: count(path, file, "epoch"),
    step: count(path, file, "step"),
    batchInEpoch: count(path, file, "step_in_epoch"),
    seed: count(path, file, "seed"),
    rng: field(path, file, "rng"),
    bestScore,
    validationDue: laterField(path, file, "validation_due", isBoolean, "true or false") ?? false,
    lossScale: laterField(path, file, "loss_scale", isLossScaleState, "four numbers"),
    config: field(path, file, "config"),
    contents: laterField(path, file, "contents", isContents, "an object of splits"),
    parameters: readParameters(path, file, options.weightsOnly ?? false),
  };
}

/** Whether a safetensors file's metadata says that it is a checkpoint of this program. */
export const isCheckpoint = (metadata: Readonly<Record<string, string>>): boolean => metadata.kind === KIND;

/** @throws UserError for a safetensors file that is no checkpoint, or one of a newer version */
export function expectCheckpoint({ path, metadata }: SafetensorsFile): void {
  const version = metadata.format_version;
  if (!isCheckpoint(metadata)) {
    throw new UserError(`${path}: not a checkpoint of this program (its metadata has no kind "${KIND}")`);
  }
  if (version !== VERSION) {
    throw new UserError(`${path}: checkpoint format ${version} is not known here, only format ${VERSION}`);
  }
}

/** @throws UserError unless the file's hash, taken with its checksum blank, is its checksum */
export function expectChecksum({ path, metadata }: SafetensorsFile, digest: string): void {
  if (digest === metadata.checksum) return;
  throw new UserError(`${path}: the checkpoint is damaged (its content does not match its checksum)`);
}

function readParameters(path: string, file: SafetensorsFile, weightsOnly: boolean): Map<string, ParameterState> {
  const isMoment = (name: string) => name.startsWith(EXP_AVG) || name.startsWith(EXP_AVG_SQ);
  const parameters = new Map<string, ParameterState>();
  for (const name of file.names.filter((n) => !isMoment(n))) {
    const shape = file.shape(name);
    const read = (tensor: string) => {
      if (!file.has(tensor)) throw new UserError(`${path}: parameter "${name}" has no "${tensor}"`);
      if (file.dtype(tensor) !== "F32" || file.shape(tensor).join() !== shape.join()) {
        throw new UserError(`${path}: tensor "${tensor}" is not F32 [${shape.join(", ")}] as "${name}" is`);
      }
      return file.f32(tensor);
    };
    const hasMoments = file.has(EXP_AVG + name) || file.has(EXP_AVG_SQ + name);
    parameters.set(name, {
      shape,
      value: read(name),
      moments: hasMoments && !weightsOnly ? { expAvg: read(EXP_AVG + name), expAvgSq: read(EXP_AVG_SQ + name) } : null,
    });
  }
  return parameters;
}

function field(path: string, file: SafetensorsFile, name: string): unknown {
  try {
    return JSON.parse(file.metadata[name]);
  } catch {
    throw new UserError(`${path}: metadata "${name}" is missing or not JSON`);
  }
}

/** Files from before there was such a field say nothing of it. */
function laterField<T>(
  path: string,
  file: SafetensorsFile,
  name: string,
  isOne: (value: unknown) => value is T,
  expected: string,
): T | null {
  if (file.metadata[name] === undefined) return null;
  const value = field(path, file, name);
  if (value === null || isOne(value)) return value;
  throw new UserError(`${path}: metadata "${name}" is not null or ${expected}`);
}

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

function count(path: string, file: SafetensorsFile, name: string): number {
  const value = field(path, file, name);
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new UserError(`${path}: metadata "${name}" is not a whole number`);
  }
  return value as number;
}
