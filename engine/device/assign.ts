/** When a piece of memory is needed: from the moment `from` up to, not including, `to`. */
export interface Lifetime {
  bytes: number;
  from: number;
  to: number;
}

/** Where a piece lies. */
export interface Place {
  buffer: number;
  offset: number;
}

export interface Assignment {
  /** Bytes of each buffer. */
  sizes: number[];
  /** For each lifetime, its place. */
  places: Place[];
}

/** A piece that has its place. */
interface Tenant extends Lifetime {
  index: number;
  offset: number;
}

/**
 * Places pieces in as little memory as simple rules find: in some order, the large ones first, each in the tightest gap
 * between those that are alive at the same time, in a buffer of its own where there is none ("greedy by size" of Pisarchyk
 * and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020). The best of a few such orders is taken.
 *
 * @param conflicts pairs that may not share a buffer, as WebGPU forbids that one dispatch reads and writes one buffer: for
 *   each lifetime the numbers of the others
 * @param align offsets are multiples of so many bytes
 */
export function assignBuffers(
  lifetimes: readonly Lifetime[],
  conflicts: readonly ReadonlySet<number>[],
  align: number,
): Assignment {
  const tries = ORDERS.map((compare) => {
    const order = lifetimes.map((_, i) => i).sort((a, b) => compare(lifetimes[a], lifetimes[b]) || a - b);
    return assignInOrder(order, lifetimes, conflicts, align);
  });
  return tries.reduce((best, other) => (total(other) < total(best) ? other : best));
}

/** By size, of equals those that live longest; by size in half octaves, of equals those that come first. */
const ORDERS: readonly ((a: Lifetime, b: Lifetime) => number)[] = [
  (a, b) => b.bytes - a.bytes || b.to - b.from - (a.to - a.from),
  (a, b) => halfOctave(b) - halfOctave(a) || a.from - b.from,
];

const halfOctave = ({ bytes }: Lifetime): number => Math.round(2 * Math.log2(bytes));

const total = ({ sizes }: Assignment): number => sizes.reduce((a, b) => a + b, 0);

function assignInOrder(
  order: readonly number[],
  lifetimes: readonly Lifetime[],
  conflicts: readonly ReadonlySet<number>[],
  align: number,
): Assignment {
  const sizes: number[] = [];
  const tenants: Tenant[][] = [];
  const places = new Array<Place>(lifetimes.length);
  for (const index of order) {
    const piece = lifetimes[index];
    let best: (Place & { gap: number }) | null = null;
    for (const [buffer, others] of tenants.entries()) {
      if (others.some((t) => conflicts[index].has(t.index))) continue;
      const found = tightestGap(piece, others, sizes[buffer], align);
      if (found && (!best || found.gap < best.gap)) best = { buffer, ...found };
    }
    best ??= { buffer: sizes.push(piece.bytes) - 1, offset: 0, gap: 0 };
    const { buffer, offset } = best;
    places[index] = { buffer, offset };
    tenants[buffer] ??= [];
    tenants[buffer].push({ ...piece, index, offset });
    tenants[buffer].sort((a, b) => a.offset - b.offset);
  }
  return { sizes, places };
}

/** The smallest free range of a buffer that holds the piece all its life. @param tenants by offset */
function tightestGap({ bytes, from, to }: Lifetime, tenants: readonly Tenant[], size: number, align: number) {
  let best: { offset: number; gap: number } | null = null;
  let start = 0;
  const consider = (end: number) => {
    const gap = end - start;
    if (gap >= bytes && (!best || gap < best.gap)) best = { offset: start, gap };
  };
  for (const t of tenants) {
    if (t.to <= from || to <= t.from) continue;
    consider(t.offset);
    start = Math.max(start, Math.ceil((t.offset + t.bytes) / align) * align);
  }
  consider(size);
  return best as { offset: number; gap: number } | null;
}

/** Bytes needed at the worst moment: no assignment can do with less. */
export function livePeak(lifetimes: readonly Lifetime[]): number {
  const changes = lifetimes.flatMap(({ bytes, from, to }) => [
    { at: from, bytes },
    { at: to, bytes: -bytes },
  ]);
  changes.sort((a, b) => a.at - b.at || a.bytes - b.bytes);
  let live = 0;
  let peak = 0;
  for (const { bytes } of changes) {
    live += bytes;
    peak = Math.max(peak, live);
  }
  return peak;
}
