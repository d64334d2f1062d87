type Write = typeof process.stdout.write;

/** Faults of a console whose reader has gone: a closed pipe, a closed terminal. */
const GONE = new Set(["EPIPE", "EIO", "ECONNRESET", "ERR_STREAM_DESTROYED"]);

let lost: string | null = null;

/**
 * From here on what stdout and stderr cannot take is dropped: a job outlives its console, be it closed (`| head`), hung up
 * or on a full disk, and what it writes to files goes on.
 */
export function outliveConsole(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const note = (error: NodeJS.ErrnoException) => {
      if (stream === process.stdout && !GONE.has(error.code ?? "")) lost = error.message;
    };
    // Pipes and terminals report a fault as an event, files throw it.
    stream.on("error", note);
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = ((...args: unknown[]) => {
      try {
        return write(...args);
      } catch (error) {
        note(error as NodeJS.ErrnoException);
        return true;
      }
    }) as Write;
  }
}

/** Why something written to stdout is lost that somebody may still wait for; null where nothing is, or the reader has gone. */
export const lostOutput = (): string | null => lost;
