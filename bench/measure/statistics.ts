/** What repeated timings of one thing came to, in milliseconds. */
export interface Timing {
  median: number;
  min: number;
  max: number;
  /** Half the distance between the quartiles: how far a run usually lies from the median. */
  spread: number;
  runs: number;
}

/** @throws Error for an empty list */
export function summarise(samples: readonly number[]): Timing {
  if (samples.length === 0) throw new Error("no samples to summarise");
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    min: sorted[0],
    max: sorted[sorted.length - 1],
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2,
    runs: sorted.length,
  };
}

/** The value below which a share `q` of the ascending `sorted` lies, interpolated between neighbours. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** Something to time. `run` resolves when the GPU is done with it. */
export type Timed = () => Promise<unknown>;

/**
 * Times contenders in turns, so that whatever else the machine does falls on all alike: round after round, each once,
 * the order reversed every other round.
 * @param rounds for all, or for each: one that is slow may leave after some rounds
 * @param warm whether one run of each comes before and is not counted
 * @returns each contender's timing, in the order given
 */
export async function interleave(
  contenders: readonly Timed[],
  rounds: number | readonly number[],
  warm = true,
): Promise<Timing[]> {
  const samples: number[][] = contenders.map(() => []);
  const roundsOf = (i: number) => (typeof rounds === "number" ? rounds : rounds[i]);
  if (warm) for (const run of contenders) await run();
  for (let round = 0; round < Math.max(...contenders.map((_, i) => roundsOf(i))); round++) {
    const order = [...contenders.keys()].filter((i) => round < roundsOf(i));
    if (round % 2 === 1) order.reverse();
    for (const i of order) samples[i].push(await milliseconds(contenders[i]));
  }
  return samples.map(summarise);
}

/** Wall-clock time of one run. */
export async function milliseconds(run: Timed): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

/** A power law y = factor * x^exponent. */
export interface PowerLaw {
  exponent: number;
  factor: number;
  /** Share of log y's variance that the law explains (R squared). */
  fit: number;
}

/** Least squares on logarithms. @throws Error for fewer than two different x, or values not above 0 */
export function fitPowerLaw(points: readonly { x: number; y: number }[]): PowerLaw {
  if (points.some(({ x, y }) => !(x > 0 && y > 0))) throw new Error("a power law needs values above 0");
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (pick: (p: { x: number; y: number }) => number) => logs.reduce((s, p) => s + pick(p), 0) / logs.length;
  const [mx, my] = [mean((p) => p.x), mean((p) => p.y)];
  const xx = mean((p) => (p.x - mx) ** 2);
  const xy = mean((p) => (p.x - mx) * (p.y - my));
  const yy = mean((p) => (p.y - my) ** 2);
  if (!(xx > 0)) throw new Error("a power law needs two different x");
  const exponent = xy / xx;
  return { exponent, factor: Math.exp(my - exponent * mx), fit: yy === 0 ? 1 : (xy * xy) / (xx * yy) };
}
