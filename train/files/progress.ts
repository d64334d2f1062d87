import { type Bar, MultiBar } from "cli-progress";

/** Where the run stands after a step. */
export interface ProgressState {
  /** Steps taken, of `total`; epoch in progress, from 0. */
  step: number;
  epoch: number;
  loss: number;
  imagesPerSecond: number;
}

/**
 * Shows how a run goes on: a bar on a terminal, a line every few seconds in a file or pipe, nothing when silent.
 * While it is open every other line for the console has to go through `print`, which keeps the bar below it.
 */
export interface Progress {
  update(state: ProgressState): void;
  print(line: string): void;
  stop(): void;
}

export interface ProgressOptions {
  /** Steps when the run is done, and when it started (more than 0 for a resumed one). */
  total: number;
  start?: number;
  epochs: number;
  /** Print nothing at all, as --json wants it. */
  silent?: boolean;
  stream?: NodeJS.WriteStream;
  /** Seconds between lines where there is no terminal. */
  lineEvery?: number;
  /** Clock in milliseconds. */
  now?: () => number;
}

export function openProgress(options: ProgressOptions): Progress {
  const {
    total,
    start = 0,
    epochs,
    silent,
    stream = process.stdout,
    lineEvery = 10,
    now = () => performance.now(),
  } = options;
  if (silent) return { update() {}, print() {}, stop() {} };
  const remaining = remainingTime(total, start, now);
  const describe = (state: ProgressState) => ({
    epoch: `epoch ${Math.min(state.epoch + 1, epochs)}/${epochs}`,
    loss: `loss ${formatLoss(state.loss)}`,
    speed: `${state.imagesPerSecond.toPrecision(3)} images/s`,
    left: `ETA ${formatDuration(remaining(state.step))}`,
  });
  return stream.isTTY
    ? barProgress(total, start, stream, describe)
    : lineProgress(total, stream, lineEvery, now, describe);
}

type Describe = (state: ProgressState) => { epoch: string; loss: string; speed: string; left: string };

function barProgress(total: number, start: number, stream: NodeJS.WriteStream, describe: Describe): Progress {
  // A MultiBar of one, since only that can print lines above the bar.
  const bars = new MultiBar({
    stream,
    format: "{epoch} [{bar}] {value}/{total}  {loss}  {speed}  {left}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    fps: 5,
    emptyOnZero: true,
  });
  let bar: Bar | undefined;
  return {
    update(state) {
      if (bar) bar.update(state.step, describe(state));
      else bar = bars.create(total, Math.max(start, state.step), describe(state));
    },
    print(line) {
      if (bar) bars.log(`${line}\n`);
      else stream.write(`${line}\n`);
    },
    stop() {
      if (!bar) return;
      bars.update(); // prints what log() has kept back
      bars.stop();
      bar = undefined;
    },
  };
}

function lineProgress(
  total: number,
  stream: NodeJS.WriteStream,
  lineEvery: number,
  now: () => number,
  describe: Describe,
): Progress {
  let last = Number.NEGATIVE_INFINITY;
  return {
    update(state) {
      if (now() - last < lineEvery * 1000 && state.step < total) return;
      last = now();
      const { epoch, loss, speed, left } = describe(state);
      stream.write(`${epoch}  step ${state.step}/${total}  ${loss}  ${speed}  ${left}\n`);
    },
    print(line) {
      stream.write(`${line}\n`);
    },
    stop() {},
  };
}

/**
 * Estimates the seconds left from a running mean of the time per step: a plain mean at first, later one that forgets
 * within some 20 steps. The first step, which also compiles the kernels, tells nothing: null until the second is there.
 */
function remainingTime(total: number, start: number, now: () => number): (step: number) => number | null {
  let last = { step: start, at: now() };
  let updates = 0;
  let pace = 0;
  return (step) => {
    if (step > last.step) {
      const at = now();
      const latest = (at - last.at) / (step - last.step);
      updates++;
      if (updates > 1) pace += (latest - pace) * Math.max(0.05, 1 / (updates - 1));
      last = { step, at };
    }
    return updates < 2 && step < total ? null : ((total - step) * pace) / 1000;
  };
}

/** Enough digits to see a loss move, whatever its size. */
export function formatLoss(loss: number): string {
  if (!Number.isFinite(loss)) return String(loss);
  return loss !== 0 && (Math.abs(loss) < 1e-3 || Math.abs(loss) >= 1e5) ? loss.toExponential(3) : loss.toPrecision(5);
}

/** Seconds as 45s, 3m 05s or 2h 07m; null as ?. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}
