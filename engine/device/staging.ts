import type { Commands } from "./commands";
import { BufferUsage } from "./webgpu-flags";

const USAGE = BufferUsage.MAP_READ | BufferUsage.COPY_DST;

/** Larger ones are not worth keeping. */
const LARGEST_KEPT = 1 << 20;
/** All that are kept. */
const MOST_KEPT = 8 << 20;

/** Buffers through which values are read back; small ones (losses, norms) are kept for the next step's. */
export class Staging {
  /** By size, the sizes used last at the end. */
  readonly #free = new Map<number, GPUBuffer[]>();
  #freeBytes = 0;
  #takenBytes = 0;

  constructor(readonly commands: Pick<Commands, "allocate">) {}

  /** Bytes on the device: in use and kept. */
  get bytes(): number {
    return this.#freeBytes + this.#takenBytes;
  }

  /** A buffer for so many bytes at least; null where there is no memory for it. */
  take(bytes: number): GPUBuffer | null {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const free = this.#free.get(size)?.pop();
    if (free) this.#freeBytes -= size;
    const buffer = free ?? this.commands.allocate({ size, usage: USAGE });
    if (buffer) this.#takenBytes += size;
    return buffer;
  }

  give(buffer: GPUBuffer): void {
    const { size } = buffer;
    this.#takenBytes -= size;
    if (size > LARGEST_KEPT) {
      buffer.destroy();
      return;
    }
    const list = this.#free.get(size) ?? [];
    this.#free.delete(size);
    this.#free.set(size, [...list, buffer]);
    this.#freeBytes += size;
    for (const [oldest, buffers] of this.#free) {
      if (this.#freeBytes <= MOST_KEPT) return;
      this.#drop(oldest, buffers);
    }
  }

  /** Destroys one that failed, or is not wanted again. */
  destroy(buffer: GPUBuffer): void {
    this.#takenBytes -= buffer.size;
    buffer.destroy();
  }

  trim(): void {
    for (const [size, buffers] of this.#free) this.#drop(size, buffers);
  }

  #drop(size: number, buffers: readonly GPUBuffer[]): void {
    for (const buffer of buffers) buffer.destroy();
    this.#freeBytes -= size * buffers.length;
    this.#free.delete(size);
  }
}
