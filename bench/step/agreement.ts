import type { StepContender } from "../contract/index";
import { demand, relativeError } from "../measure/index";

/** Differences relative to ours. */
export interface Agreement {
  loss: number;
  /** The worst gradient's, relative to its absmax. */
  gradient: number;
  /** Loss after one update. */
  next_loss: number;
}

/** A ReLU near zero may open in one and not in the other, which moves a gradient by more than rounding does. */
const TOLERANCE: Agreement = { loss: 1e-4, gradient: 2e-3, next_loss: 1e-2 };

/**
 * Compares loss and gradients from the same weights, then the loss after one Adam step. That step moves every weight by
 * about the learning rate in its gradient's direction, however small the gradient: hence the last tolerance.
 */
export async function agree(ours: StepContender, name: string, peer: StepContender): Promise<Agreement> {
  const [mine, theirs] = [await ours.gradients(), await peer.gradients()];
  const errors = [...mine.gradients].map(([name, g]) =>
    relativeError(g, theirs.gradients.get(name) ?? new Float32Array()),
  );
  await ours.step();
  await peer.step();
  const [next, peerNext] = [await ours.step(), await peer.step()];
  const difference = (a: number, b: number) => relativeError(Float32Array.of(a), Float32Array.of(b));
  const found: Agreement = {
    loss: difference(mine.loss, theirs.loss),
    gradient: Math.max(...errors),
    next_loss: difference(next, peerNext),
  };
  demand(name, "the loss", found.loss, TOLERANCE.loss);
  demand(name, "a gradient", found.gradient, TOLERANCE.gradient);
  demand(name, "the loss after one step", found.next_loss, TOLERANCE.next_loss);
  return found;
}
