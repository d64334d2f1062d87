/**
 * Runs `work`, then `cleanup`, whatever happened. Where both fail, the first failure is thrown: what fails after it mostly
 * does so for the same reason, and says less.
 */
export async function withCleanup<T>(work: () => Promise<T>, cleanup: () => unknown): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await quietly(cleanup);
    throw error;
  }
  await cleanup();
  return result;
}

/** Runs what is worth a try while another failure is on its way to be reported. */
export async function quietly(action: () => unknown): Promise<void> {
  try {
    await action();
  } catch {
    // The failure that is reported is the first one.
  }
}
