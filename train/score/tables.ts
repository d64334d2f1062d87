import type { JointAccuracy } from "./accuracy";
import type { Evaluation } from "./evaluate";
import type { Judgement } from "./judgement";

/** Figures for a terminal, a line each. */

/** Images, loss where there is one, and PCK in both ways beside the mean pose's. */
export function judgementLines(judgement: Judgement & Partial<Evaluation>): string[] {
  const { split, images, skipped, scores, loss, constantLoss, decoder, flip } = judgement;
  const thresholds = Object.keys(scores.original.pck);
  const row = (name: string, values: Record<string, number>) =>
    name.padEnd(NAME) + thresholds.map((t) => fixed(values[t], 4)).join("");
  const how = [skipped ? `${skipped} bad ones left out` : "", decoder ? `decoder ${decoder}` : "", flip ? "flip" : ""];
  return [
    [`${split}: ${images} images`, ...how.filter(Boolean)].join(", "),
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(6)} (best constant maps ${constantLoss!.toFixed(6)})`]),
    ...(scores.undecodable ? [`${scores.undecodable} joints have no prediction; they count as wrong`] : []),
    header("PCK at", thresholds),
    row("as the original computes it", scores.original.pck),
    row("  mean pose", scores.meanPose.original),
    row("visible joints, tight box", scores.visible.pck),
    row("  mean pose", scores.meanPose.visible),
  ];
}

/** The PCK curve, its area, and how far joints are off: in all, by finger, by joint. */
export function accuracyLines({ accuracy }: Judgement): string[] {
  const { thresholds, original, visible } = accuracy;
  const shown = thresholds.flatMap((_, i) => (i > 0 && i % CURVE_STEP === 0 ? [i] : []));
  const curve = (name: string, { pck }: { pck: number[] }) =>
    name.padEnd(NAME) + shown.map((i) => fixed(pck[i], 4)).join("");
  const row = ({ name, judged, epe, epeOfBox, auc }: JointAccuracy) =>
    name.padEnd(NAME) +
    [fixed(epe.mean, 2), fixed(epe.median, 2), fixed(epeOfBox.mean, 4), fixed(epeOfBox.median, 4), fixed(auc, 4)].join(
      "",
    ) +
    String(judged).padStart(WIDTH);
  return [
    header(
      "PCK curve at",
      shown.map((i) => String(thresholds[i])),
    ),
    curve("as the original computes it", original),
    curve("visible joints, tight box", visible),
    `area under it from 0 to ${thresholds.at(-1)}: original ${original.auc.toFixed(4)}, visible ${visible.auc.toFixed(4)}`,
    "",
    header("end-point error", ["mean px", "median", "of box", "median", "AUC", "joints"]),
    ...[accuracy.all, ...accuracy.fingers, ...accuracy.joints.slice(1)].map(row),
  ];
}

/** One line a decoder: the same maps, read in different ways. */
export function decoderLines(evaluations: readonly Evaluation[]): string[] {
  const thresholds = Object.keys(evaluations[0].scores.original.pck);
  return [
    header("decoder", ["EPE px", "median", "of box", "median", "AUC", ...thresholds.map((t) => `PCK@${t}`)]),
    ...evaluations.map(({ decoder, scores, accuracy: { all, original } }) =>
      [
        decoder.padEnd(NAME),
        fixed(all.epe.mean, 3),
        fixed(all.epe.median, 3),
        fixed(all.epeOfBox.mean, 4),
        fixed(all.epeOfBox.median, 4),
        fixed(original.auc, 4),
        ...thresholds.map((t) => fixed(scores.original.pck[t], 4)),
      ].join(""),
    ),
  ];
}

const NAME = 28;
const WIDTH = 9;
/** Of the curve's thresholds every fourth is printed. */
const CURVE_STEP = 4;

const header = (name: string, columns: readonly string[]) =>
  name.padEnd(NAME) + columns.map((column) => column.padStart(WIDTH)).join("");
const fixed = (value: number, digits: number) => (Number.isNaN(value) ? "-" : value.toFixed(digits)).padStart(WIDTH);
