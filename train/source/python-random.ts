/**
 * Python's `random.seed(n)` and `random.shuffle`, draw for draw, so that splits made by scripts in Python can be made again.
 * The generator is MT19937 (Matsumoto and Nishimura, "Mersenne Twister", 1998); seeding is their init_by_array.
 */
export class PythonRandom {
  readonly #state = new Uint32Array(N);
  #next = N;

  /** @param seed an integer from 0 to 2^53 - 1 */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed ${seed} is no whole number`);
    const high = Math.floor(seed / 2 ** 32);
    this.#seedBy(high > 0 ? [seed >>> 0, high] : [seed]);
  }

  /** Shuffles in place, and returns the array: Fisher and Yates from the end, as `random.shuffle` does it. */
  shuffle<T>(values: T[]): T[] {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.#below(i + 1);
      [values[i], values[j]] = [values[j], values[i]];
    }
    return values;
  }

  /** An integer in [0, n): as many bits as n has, drawn again until they are below it. */
  #below(n: number): number {
    const unused = Math.clz32(n);
    for (;;) {
      const bits = this.#draw() >>> unused;
      if (bits < n) return bits;
    }
  }

  /** 32 random bits. */
  #draw(): number {
    if (this.#next >= N) this.#twist();
    let y = this.#state[this.#next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % N] & 0x7fffffff);
      s[i] = s[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  #seedBy(key: readonly number[]): void {
    const s = this.#state;
    s[0] = 19650218;
    for (let i = 1; i < N; i++) s[i] = Math.imul(1812433253, s[i - 1] ^ (s[i - 1] >>> 30)) + i;
    let i = 1;
    const step = (factor: number, add: number): void => {
      s[i] = (s[i] ^ Math.imul(s[i - 1] ^ (s[i - 1] >>> 30), factor)) + add;
      if (++i >= N) {
        s[0] = s[N - 1];
        i = 1;
      }
    };
    for (let k = 0; k < N; k++) step(1664525, key[k % key.length] + (k % key.length));
    for (let k = 1; k < N; k++) step(1566083941, -i);
    s[0] = 0x80000000;
  }
}

const N = 624;
const M = 397;
