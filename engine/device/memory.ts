import { GpuError, OutOfMemoryError } from "../errors/index";
import type { Recording } from "./capture";
import type { Commands } from "./commands";
import { onDevice, Storage } from "./storage";
import { BufferUsage } from "./webgpu-flags";

/** What free buffers and live ones may take together: so many times the most that was ever live, or so many bytes. */
const TIMES_LIVE = 2;
const LEAST_BOUND = 64 << 20;

/** Storage, copies in both directions: every buffer a tensor can live in. */
const USAGE = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;

/**
 * Buffers by exact size. Training repeats the same shapes, so a freed buffer fits the next request of its kind exactly;
 * rounding sizes up to powers of two would cost up to 40% more memory. A buffer may be handed out again at once: all
 * commands run in the order recorded, and uploads wait for what was recorded before them (see Commands.write).
 *
 * Of several free buffers the oldest is taken, whatever the order in which they came back. So equal steps get equal
 * buffers, and the bind groups of one serve all.
 *
 * Images of many sizes would each leave their own buffers behind: before one is made, free ones are destroyed, those first
 * that have lain longest, until all take at most twice what was live at the worst moment.
 */
export class BufferPool {
  /** While set, memory is taken there: how much, and for how long, without a buffer. */
  recording: Recording | null = null;
  /** While set, free buffers that are larger than asked for serve before new ones are made. */
  frugal = false;
  /** By size, the oldest last. */
  #free = new Map<number, GPUBuffer[]>();
  #ages = new WeakMap<GPUBuffer, number>();
  #created = 0;
  /** When each free buffer came back. */
  #returned = new WeakMap<GPUBuffer, number>();
  #returns = 0;
  #live = 0;
  #mostLive = 0;
  #freeBytes = 0;
  #peak = 0;
  #persistent = 0;

  constructor(
    readonly device: GPUDevice,
    /** Submits what is recorded: a submit that names a destroyed buffer is dropped whole; one made before is safe. */
    readonly commands: Pick<Commands, "submit" | "allocate">,
    /** Bytes kept in free lists at most; beyond it buffers are destroyed. */
    readonly keepBytes = Number.POSITIVE_INFINITY,
  ) {}

  /** Bytes handed out now, by tensors and by persistent arenas. */
  get liveBytes(): number {
    return this.#live + this.#persistent;
  }

  /** Bytes allocated on the device: live, persistent, and free for reuse. */
  get totalBytes(): number {
    return this.#live + this.#persistent + this.#freeBytes;
  }

  /** The largest `totalBytes` so far. */
  get peakBytes(): number {
    return this.#peak;
  }

  take(bytes: number): Storage {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    if (this.recording) return this.recording.take(size);
    let buffer = this.#free.get(size)?.pop() ?? (this.frugal ? this.#smallestFrom(size)?.pop() : undefined);
    if (buffer) this.#freeBytes -= buffer.size;
    else {
      this.#makeRoom(size);
      buffer = this.#create(size);
    }
    this.#live += buffer.size;
    this.#mostLive = Math.max(this.#mostLive, this.#live);
    this.#peak = Math.max(this.#peak, this.totalBytes);
    return this.#lend(buffer);
  }

  /** A buffer for each size, free ones that are larger before new ones; the largest choose first. */
  takeAll(sizes: readonly number[]): Storage[] {
    const before = this.frugal;
    this.frugal = true;
    const taken = new Array<Storage>(sizes.length);
    const order = sizes.map((_, i) => i).sort((a, b) => sizes[b] - sizes[a] || a - b);
    for (const i of order) taken[i] = this.take(sizes[i]);
    this.frugal = before;
    return taken;
  }

  /** Just these buffers; null, and nothing is taken, unless all of them are free. */
  takeThese(buffers: readonly GPUBuffer[]): Storage[] | null {
    if (!buffers.every((b) => this.#free.get(b.size)?.includes(b))) return null;
    return buffers.map((buffer) => {
      const list = this.#free.get(buffer.size)!;
      list.splice(list.indexOf(buffer), 1);
      this.#freeBytes -= buffer.size;
      this.#live += buffer.size;
      return this.#lend(buffer);
    });
  }

  #lend(buffer: GPUBuffer): Storage {
    return new Storage(buffer, 0, buffer.size, () => this.give(buffer));
  }

  give(buffer: GPUBuffer): void {
    const size = buffer.size;
    this.#live -= size;
    if (this.#freeBytes + size > this.keepBytes) {
      this.commands.submit();
      buffer.destroy();
      return;
    }
    this.#freeBytes += size;
    this.#returned.set(buffer, ++this.#returns);
    const list = this.#free.get(size);
    if (!list) {
      this.#free.set(size, [buffer]);
      return;
    }
    const age = (b: GPUBuffer) => this.#ages.get(b) as number;
    let at = list.length;
    while (at > 0 && age(list[at - 1]) < age(buffer)) at--;
    list.splice(at, 0, buffer);
  }

  /** A buffer that lives as long as its owner, outside the free lists (parameter arenas). */
  persistent(bytes: number): Storage {
    const buffer = this.#create(bytes);
    this.#persistent += bytes;
    this.#peak = Math.max(this.#peak, this.totalBytes);
    return new Storage(buffer, 0, bytes, null);
  }

  releasePersistent(storage: Storage): void {
    this.#persistent -= storage.bytes;
    storage.writes.destroyed = true;
    this.commands.submit();
    onDevice(storage.buffer).destroy();
  }

  /** Runs `body` with `frugal` set. */
  async frugally<T>(body: () => Promise<T>): Promise<T> {
    const before = this.frugal;
    this.frugal = true;
    try {
      return await body();
    } finally {
      this.frugal = before;
    }
  }

  /** Destroys every free buffer; for a change of shapes (another image size) that will not come back. */
  trim(): void {
    this.commands.submit();
    for (const list of this.#free.values()) for (const buffer of list) buffer.destroy();
    this.#free.clear();
    this.#freeBytes = 0;
  }

  /** The free buffers of the smallest size, from `least` on, of which there are any. */
  #smallestFrom(least: number): GPUBuffer[] | undefined {
    let best = Number.POSITIVE_INFINITY;
    for (const [size, list] of this.#free) if (size >= least && size < best && list.length > 0) best = size;
    return this.#free.get(best);
  }

  /** Destroys free buffers, those first that have lain longest, until one more of this size keeps within the bound. */
  #makeRoom(size: number): void {
    const bound = Math.max(LEAST_BOUND, TIMES_LIVE * Math.max(this.#mostLive, this.#live + size));
    let over = this.#live + this.#freeBytes + size - bound;
    if (over <= 0 || this.#freeBytes === 0) return;
    this.commands.submit();
    const when = (b: GPUBuffer) => this.#returned.get(b) as number;
    for (const buffer of [...this.#free.values()].flat().sort((a, b) => when(a) - when(b))) {
      if (over <= 0) return;
      const list = this.#free.get(buffer.size)!;
      list.splice(list.indexOf(buffer), 1);
      if (list.length === 0) this.#free.delete(buffer.size);
      this.#freeBytes -= buffer.size;
      over -= buffer.size;
      buffer.destroy();
    }
  }

  #create(size: number): GPUBuffer {
    const limit = this.device.limits.maxBufferSize;
    if (size > limit) throw new GpuError(`a buffer of ${size} bytes exceeds this adapter's maxBufferSize of ${limit}`);
    const buffer = this.commands.allocate({ size, usage: USAGE });
    if (!buffer) {
      const [live, free] = [this.liveBytes, this.#freeBytes].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`);
      this.trim();
      throw new OutOfMemoryError(
        `out of memory: ${size} bytes more than the ${live} in use; ${free} that were free have been given back. ` +
          "Smaller batches or images need less, and so do checkpoints",
      );
    }
    this.#ages.set(buffer, this.#created++);
    return buffer;
  }
}
