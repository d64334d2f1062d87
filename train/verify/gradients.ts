import type { Fixture } from "./fixture";
import { relativeToAbsmax } from "./report";
import { findTies, type Tie, withFlipped } from "./ties";

/** Ties tried at most: each costs a forward and a backward. */
const MOST_TIES = 16;

/** Our gradients of a fixture's batch by parameter. */
export interface GradientReplay {
  gradients: Map<string, Float32Array>;
  /** ReLUs that float32 cannot decide and that were decided as the fixture has them. */
  flipped: Tie[];
}

/**
 * Gradients of the fixture's batch. Where they are further than `limit` from the fixture's, ReLUs at zero are looked for
 * and, where that explains the difference, taken on the fixture's side: one such unit in a narrow network moves whole
 * layers' gradients by a percent, in PyTorch's own float32 against its float64 as well.
 * @param stored the fixture's gradient of a parameter, null where it has none
 */
export async function replayGradients(
  { learner, batch, settings }: Fixture,
  stored: (name: string) => Float32Array | null,
  limit: number,
): Promise<GradientReplay> {
  const { parameters } = learner.network;
  const compute = async () => {
    learner.gradients([batch], settings);
    const gradients = await parameters.readArena(parameters.gradients);
    let error = 0;
    for (const [name, got] of gradients) {
      const want = stored(name);
      if (want) error = Math.max(error, relativeToAbsmax(got, want));
    }
    return { gradients, error };
  };

  let best = await compute();
  const flipped: Tie[] = [];
  if (best.error <= limit) return { gradients: best.gradients, flipped };
  const ties = await findTies(learner, batch);
  while (best.error > limit && ties.length > 0 && ties.length <= MOST_TIES) {
    const tried = [];
    for (const tie of ties) tried.push({ tie, ...(await withFlipped(learner, [...flipped, tie], compute)) });
    const next = tried.reduce((a, b) => (b.error < a.error ? b : a));
    if (next.error > best.error / 2) break; // no tie explains it
    flipped.push(next.tie);
    ties.splice(ties.indexOf(next.tie), 1);
    best = next;
  }
  return { gradients: best.gradients, flipped };
}

export const tieNotes = (where: string, flipped: readonly Tie[]): string[] =>
  flipped.map(
    ({ layer, channel, index }) =>
      `${where}: the ReLU of ${layer}, channel ${channel}, element ${index} is zero within float32; taken as the fixture has it`,
  );
