/**
 * Milliseconds of processor time that this process takes while `body` runs: the least of three, since the engine's
 * garbage collector and a driver's threads may have work of their own to finish.
 */
export async function leastProcessorTime(body: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    await body();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
