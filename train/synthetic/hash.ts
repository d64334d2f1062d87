/**
 * A 32-bit integer finaliser: every input bit reaches every output bit, and distinct inputs stay distinct.
 * Constants: "lowbias32", found by C. Wellons' search for low-bias integer hashes (2018). kernels/hand.wgsl has the same.
 */
export function hash32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** One 32-bit key out of several integers; their order matters. */
export const hashAll = (...values: readonly number[]): number =>
  values.reduce((h, v) => hash32(h ^ hash32(v)), 0x9e3779b9);

/**
 * Random draws that are a pure function of a key: draw i is the hash of (key, i). Nothing else is kept, so image n needs
 * no image before it.
 */
export class Draws {
  #count = 0;
  readonly #key: number;

  constructor(...key: readonly number[]) {
    this.#key = hashAll(...key);
  }

  /** 32 bits as an integer in [0, 2^32). */
  bits(): number {
    return hash32(this.#key + Math.imul(this.#count++, 0x9e3779b9));
  }

  /** A real in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 2 ** 32);
  }

  /** A real around `centre`, at most `spread` away, likelier near it (triangular: the mean of two uniform draws). */
  around(centre: number, spread: number): number {
    return centre + spread * (this.uniform(-0.5, 0.5) + this.uniform(-0.5, 0.5));
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }
}
