/** What a filter trades jitter against lag by. */
export interface OneEuroOptions {
  /** Samples a second. */
  rate: number;
  /** Cutoff frequency in Hz at rest: less is less jitter, and more lag in slow motion. */
  minCutoff: number;
  /** Growth of the cutoff with speed, in Hz by units a second: more is less lag in fast motion. */
  beta: number;
  /** Cutoff frequency in Hz of the speed's own low-pass filter; the paper's 1 by default. */
  speedCutoff?: number;
}

/**
 * The 1-Euro filter (Casiez, Roussel, Vogel: "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
 * Interactive Systems", CHI 2012, appendix A): exponential smoothing whose cutoff frequency grows with the signal's
 * speed, cutoff = minCutoff + beta |speed|.
 */
export class OneEuroFilter {
  #last: { value: number; speed: number } | null = null;

  constructor(private readonly options: OneEuroOptions) {}

  filter(value: number): number {
    const { rate, minCutoff, beta, speedCutoff = 1 } = this.options;
    if (!this.#last) {
      this.#last = { value, speed: 0 };
      return value;
    }
    const last = this.#last;
    const speed = mix((value - last.value) * rate, last.speed, smoothing(rate, speedCutoff));
    const smooth = mix(value, last.value, smoothing(rate, minCutoff + beta * Math.abs(speed)));
    this.#last = { value: smooth, speed };
    return smooth;
  }
}

/** The weight alpha of a new sample in a low-pass filter of first order: 1 / (1 + tau / Te), tau = 1 / (2 pi cutoff). */
const smoothing = (rate: number, cutoff: number): number => 1 / (1 + rate / (2 * Math.PI * cutoff));

const mix = (value: number, last: number, alpha: number): number => alpha * value + (1 - alpha) * last;
