/** Counts every write to GPU memory, so that of any two one can tell which was first. */
let clock = 0;

/** The time, in writes. */
export const writesSoFar = (): number => clock;

/** When each part of one buffer was last written to. */
export class Writes {
  /** The buffer is gone. */
  destroyed = false;
  /** By offset: of pieces that begin there. */
  readonly #parts = new Map<number, { bytes: number; at: number }[]>();

  note(offset: number, bytes: number): void {
    clock++;
    const parts = this.#parts.get(offset);
    const known = parts?.find((part) => part.bytes === bytes);
    if (known) known.at = clock;
    else if (parts) parts.push({ bytes, at: clock });
    else this.#parts.set(offset, [{ bytes, at: clock }]);
  }

  /** Whether anything in this range was written to after a time. */
  since(offset: number, bytes: number, time: number): boolean {
    for (const [begin, parts] of this.#parts) {
      if (begin >= offset + bytes) continue;
      if (parts.some((part) => part.at > time && begin + part.bytes > offset)) return true;
    }
    return false;
  }
}

/** Stands for a buffer while a body is captured; which one it will be is known once all lifetimes are. */
export class UnassignedBuffer {
  constructor(
    readonly index: number,
    readonly size: number,
  ) {}
}

/** What memory lies in. */
export type AnyBuffer = GPUBuffer | UnassignedBuffer;

/** The device's own buffer. @throws Error for one that a captured body has yet to be given */
export function onDevice(buffer: AnyBuffer): GPUBuffer {
  if (buffer instanceof UnassignedBuffer)
    throw new Error("capture: memory of the captured body was used outside of it");
  return buffer;
}

/**
 * A piece of GPU memory shared by tensors that view it. `refs` counts its holders (tensor handles, and the tape for what
 * backward will read); the last `release` hands the buffer back to the pool.
 */
export class Storage {
  #refs = 1;
  constructor(
    /** @internal */
    readonly buffer: AnyBuffer,
    readonly offset: number,
    readonly bytes: number,
    /** Gives the buffer back; null of what lives as long as its owner. */
    private readonly giveBack: (() => void) | null,
    /** Shared by all pieces of the buffer. @internal */
    readonly writes = new Writes(),
  ) {}

  /** Its holders. */
  get refs(): number {
    return this.#refs;
  }

  /** Its memory is no longer its own: it went back to the pool, or was destroyed. */
  get gone(): boolean {
    return this.writes.destroyed || (this.giveBack !== null && this.#refs <= 0);
  }

  /** One holder more. */
  retain(): this {
    this.#refs++;
    return this;
  }

  /** One holder less; the last gives the buffer back. */
  release(): void {
    if (--this.#refs === 0) this.giveBack?.();
  }

  /** Part of a buffer that lives as long as its owner: a parameter's slice of an arena. */
  part(offset: number, bytes: number): Storage {
    return new Storage(this.buffer, this.offset + offset, bytes, null, this.writes);
  }

  /** Notes that it is written to now, by whatever is recorded. */
  noteWrite(): void {
    this.writes.note(this.offset, this.bytes);
  }

  /** Whether it, or a piece that overlaps it, was written to after a time. */
  writtenSince(time: number): boolean {
    return this.writes.since(this.offset, this.bytes, time);
  }
}
