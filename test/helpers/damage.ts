/** A generator of repeatable whole numbers below `n` (xorshift32). */
export function generator(seed: number) {
  let state = seed;
  return (n: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

export type Random = ReturnType<typeof generator>;

/** Values that lengths, counts and offsets break at, as bytes of a 32-bit field. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** A file with one to three places spoilt: bits flipped, lengths made large, its end missing, runs of bytes repeated or left out. */
export function damaged(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(bytes);
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(out.length);
    const kind = random(6);
    if (kind === 0) out[at] ^= 1 << random(8);
    else if (kind === 1) out[at] = random(256);
    else if (kind === 2 && at + 4 <= out.length)
      new DataView(out.buffer).setUint32(at, EDGES[random(EDGES.length)], true);
    else if (kind === 3) out = out.slice(0, at + 1);
    else {
      // A run of bytes repeated, or left out.
      const length = random(Math.min(64, out.length - at)) + 1;
      const from = kind === 4 ? at : at + length;
      out = new Uint8Array([...out.subarray(0, at + (kind === 4 ? length : 0)), ...out.subarray(from)]);
    }
  }
  return out;
}

/** One of a list. */
export const some = <T>(list: readonly T[], random: Random): T => list[random(list.length)];

/** The beginning of one file and the end of another. */
export const spliced = (head: Uint8Array, tail: Uint8Array, random: Random): Uint8Array<ArrayBuffer> =>
  new Uint8Array([...head.subarray(0, random(head.length)), ...tail.subarray(random(tail.length))]);

/** Up to 300 bytes without a sense, behind one of the beginnings that files are told by. */
export const noise = (beginnings: readonly string[], random: Random): Uint8Array<ArrayBuffer> =>
  new Uint8Array([
    ...Buffer.from(some(beginnings, random), "latin1"),
    ...Array.from({ length: random(300) }, () => random(256)),
  ]);
