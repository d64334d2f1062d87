/** Signals that end a long job after the step in progress; the conventional exit code is 128 + the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a job that ends early, everything saved, when a signal comes. A second signal ends the process at once.
 * @returns the job's result, and the exit code that a signal asks for (0: none came)
 */
export async function withSignals<T>(job: (stop: AbortSignal) => Promise<T>): Promise<{ result: T; code: number }> {
  const stop = new AbortController();
  let code = 0;
  const listeners = Object.entries(SIGNALS).map(([signal, exitCode]) => {
    const listener = () => {
      if (stop.signal.aborted) process.exit(exitCode);
      code = exitCode;
      stop.abort();
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  try {
    return { result: await job(stop.signal), code };
  } finally {
    for (const off of listeners) off();
  }
}
