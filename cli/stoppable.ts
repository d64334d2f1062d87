import { withSignals } from "./signals";

/**
 * Runs a job that has nothing to keep when a signal ends it early: it throws what `stop` is aborted with, having removed
 * what it was writing. @returns exit code
 */
export async function stoppable(job: (stop: AbortSignal) => Promise<void>): Promise<number> {
  const { result: stopped, code } = await withSignals(async (stop) => {
    try {
      await job(stop);
      return false;
    } catch (error) {
      if (error !== stop.reason) throw error;
      return true;
    }
  });
  if (!stopped) return 0;
  console.error("nsrm: stopped; nothing was written");
  return code;
}
