import type { Pose } from "../data/dataset";
import { decodeExact, decodeOriginal, findPeaks } from "./decode";
import { placeMeanPose } from "./mean-pose";
import { type Pck, type Prediction, pckOfHand, pckOriginal, pckVisible } from "./pck";

/** A PCK beside that of the constant mean pose, by threshold. */
export interface ComparedPck extends Pck {
  meanPose: number[];
}

export interface EvaluationReport {
  images: number;
  thresholds: number[];
  /** As the original's main.py computes it. */
  original: ComparedPck;
  /** Visible joints alone, tight box where known, no pixel lost in decoding. */
  visible: ComparedPck;
  /** Confidence maps that held a NaN; their joints count as wrong. */
  nanMaps: number;
}

/** The original's test_pred.json: predicted joints in whole pixels, and the image's width. A NaN joint is null. */
export type PredictionsJson = Record<string, { pred_label: (number | null)[][]; resol: number }>;

/** Gathers the predictions of one pass over a split. */
export class Evaluation {
  readonly #original: Prediction[] = [];
  readonly #exact: Prediction[] = [];
  #nanMaps = 0;

  /** `mapSize`: side of the confidence maps. `meanPose`: of the TRAINING labels, [21, 2] as fractions. */
  constructor(
    readonly thresholds: readonly number[],
    readonly mapSize: number,
    readonly meanPose: Float64Array,
  ) {}

  /** Adds a hand with the last stage's confidence maps for it, [21, mapSize, mapSize]. */
  add(pose: Pose, maps: Float32Array): void {
    const peaks = findPeaks(maps, this.mapSize);
    this.#nanMaps += peaks.filter((peak) => Number.isNaN(peak.value)).length;
    const { width, height } = pose;
    this.#original.push({ pose, predicted: decodeOriginal(peaks, this.mapSize, width, height) });
    this.#exact.push({ pose, predicted: decodeExact(peaks, this.mapSize, width, height) });
  }

  report(): EvaluationReport {
    const { thresholds } = this;
    const baseline = this.#exact.map(({ pose }) => ({ pose, predicted: placeMeanPose(this.meanPose, pose) }));
    return {
      images: this.#original.length,
      thresholds: [...thresholds],
      original: { ...pckOriginal(this.#original, thresholds), meanPose: pckOriginal(baseline, thresholds).pck },
      visible: { ...pckVisible(this.#exact, thresholds), meanPose: pckVisible(baseline, thresholds).pck },
      nanMaps: this.#nanMaps,
    };
  }

  /** Each image's PCK by threshold, as the original computes it, in the order added. */
  perImage(): { name: string; pck: number[] }[] {
    return this.#original.map((hand) => ({ name: hand.pose.name, pck: pckOfHand(hand, this.thresholds) }));
  }

  predictions(): PredictionsJson {
    const entries = this.#original.map(({ pose, predicted }) => {
      const coordinates = Array.from(predicted, (v) => (Number.isNaN(v) ? null : v));
      const pred_label = Array.from({ length: predicted.length / 2 }, (_, j) => coordinates.slice(2 * j, 2 * j + 2));
      return [pose.name, { pred_label, resol: pose.width }] as const;
    });
    return Object.fromEntries(entries);
  }
}
