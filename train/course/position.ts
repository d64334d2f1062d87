import type { Position } from "../files/index";

export type { Position } from "../files/index";

export const BEGINNING: Position = { step: 0, epoch: 1, batchInEpoch: 0, bestScore: null, validationDue: false };

/** The epoch that the last step belonged to. */
export const epochOfLastStep = ({ batchInEpoch, epoch }: Position): number =>
  batchInEpoch === 0 ? Math.max(1, epoch - 1) : epoch;
