/** The four 32-bit words of a generator; all that a checkpoint needs to carry on exactly. */
export type RngState = readonly [number, number, number, number];

/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021): 128 bits of
 * state, 32-bit integer arithmetic alone, so the same numbers on every machine.
 */
export class Rng {
  readonly #s: Uint32Array;

  /** Throws RangeError for the all-zero state, which only ever yields zeros. */
  constructor(state: RngState) {
    this.#s = Uint32Array.from(state);
    if (this.#s.every((word) => word === 0)) throw new RangeError("xoshiro128**: the state must not be all zero");
  }

  /** All that the next numbers depend on. */
  get state(): RngState {
    const [a, b, c, d] = this.#s;
    return [a, b, c, d];
  }

  /** The next 32 random bits as an integer in [0, 2^32). */
  next(): number {
    const s = this.#s;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A real in [low, high), from 53 random bits. */
  uniform(low = 0, high = 1): number {
    const top = this.next() >>> 5;
    const bottom = this.next() >>> 6;
    return low + (high - low) * ((top * 2 ** 26 + bottom) / 2 ** 53);
  }

  /** An integer in [0, n), 0 < n <= 2^32, without bias: draws above the last whole multiple of n are rejected. */
  below(n: number): number {
    const whole = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const draw = this.next();
      if (draw < whole) return draw % n;
    }
  }

  /** A normally distributed real (Box and Muller 1958; the second of each pair is dropped so that no state hides here). */
  normal(mean = 0, std = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + std * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Permutes `items` in place (Fisher and Yates) and returns it. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}

/**
 * The generator that belongs to (seed, ...keys) and to nothing else: `stream(seed, "shuffle", epoch)` gives epoch's order
 * without any history, which is what makes a resumed run take up the same order. Keys are integers or names.
 */
export function stream(seed: number, ...keys: (number | string)[]): Rng {
  const words = [seed, ...keys].flatMap(keyWords);
  const lane = (salt: number) => words.reduce((hash, word) => mix(Math.imul(hash, 31) + word), mix(salt));
  const state = [lane(1), lane(2), lane(3), lane(4)] as const;
  return new Rng(state.some((word) => word !== 0) ? state : [1, 2, 3, 4]);
}

/** A key as 32-bit words, its kind and length first, so that no two lists of keys spell the same words. */
function keyWords(key: number | string): number[] {
  if (typeof key === "number") return [0, key, Math.floor(key / 2 ** 32)];
  return [1, key.length, ...Array.from(key, (c) => c.codePointAt(0)!)];
}

/** A bijection of 32-bit integers in which every input bit moves every output bit (MurmurHash3's finaliser). */
function mix(x: number): number {
  let h = Math.imul(x + 0x9e3779b9, 1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
