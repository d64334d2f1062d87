import { hangupIgnored } from "./hangup";

/**
 * Signals that end a long job after the step in progress (a closed terminal is one); the conventional exit code is 128 + the
 * signal's number.
 */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Ctrl-C reaches a process started by npx twice, from the terminal and from npx; nobody presses it again so soon. */
const SAME_WITHIN_MS = 300;

/**
 * Runs a job that ends early, everything saved, when a signal comes. A second signal ends the process at once.
 * @returns the job's result, and the exit code that a signal asks for (0: none came)
 */
export async function withSignals<T>(job: (stop: AbortSignal) => Promise<T>): Promise<{ result: T; code: number }> {
  const stop = new AbortController();
  let code = 0;
  let at = 0;
  const onSignal = (signal: keyof typeof SIGNALS) => {
    if (!stop.signal.aborted) {
      code = SIGNALS[signal];
      at = performance.now();
      const below = process.stderr.isTTY ? "\n" : ""; // a progress bar may stand in the line
      process.stderr.write(
        `${below}nsrm: ${signal}: ending after what is in progress; the signal again ends it at once\n`,
      );
      stop.abort();
      return;
    }
    // Who closes a terminal asks once, whatever the shell and the system make of it.
    if (signal === "SIGHUP" || performance.now() - at < SAME_WITHIN_MS) return;
    process.exit(SIGNALS[signal]);
  };
  const ignored = hangupIgnored();
  const listeners = (Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]).map((signal) => {
    const listener = signal === "SIGHUP" && ignored ? () => {} : () => onSignal(signal);
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  try {
    return { result: await job(stop.signal), code };
  } finally {
    for (const off of listeners) off();
  }
}
