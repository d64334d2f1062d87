import { ReleasedError } from "../errors/index";
import { type Assignment, assignBuffers, type Lifetime, livePeak } from "./assign";
import type { BindGroups, Resource } from "./bind-groups";
import type { Commands, Dispatch } from "./commands";
import type { BufferPool } from "./memory";
import type { Program } from "./pipelines";
import { type AnyBuffer, onDevice, Storage, UnassignedBuffer } from "./storage";

/** A copy or a clear; as captured, its buffers may still be unassigned. */
type Transfer<B extends AnyBuffer> =
  | { kind: "copy"; from: B; fromOffset: number; to: B; toOffset: number; bytes: number }
  | { kind: "clear"; buffer: B; offset: number; bytes: number };

/** A command as captured. */
type Recorded =
  | ({ kind: "dispatch"; program: Program; resources: readonly Resource[] } & Pick<Dispatch, "workgroups" | "backward">)
  | Transfer<AnyBuffer>;

/** A command ready to be encoded. */
type Ready = { kind: "dispatch"; dispatch: Dispatch } | Transfer<GPUBuffer>;

/** Takes down what a body does, in the place of the encoder and of the buffer pool: nothing runs, nothing is allocated. */
export class Recording {
  readonly commands: Recorded[] = [];
  readonly lifetimes: Lifetime[] = [];
  /** Memory from outside that the body reads or writes, by what it is called in messages; and what of it is written. */
  readonly outside = new Map<Storage, string>();
  readonly written = new Set<Storage>();
  #now = 0;
  #live = 0;

  /** Pieces of memory that the body has taken and not given back. */
  get live(): number {
    return this.#live;
  }

  take(size: number): Storage {
    const lifetime: Lifetime = { bytes: size, from: this.#now++, to: Number.POSITIVE_INFINITY };
    const buffer = new UnassignedBuffer(this.lifetimes.push(lifetime) - 1, size);
    this.#live++;
    return new Storage(buffer, 0, size, () => {
      lifetime.to = this.#now++;
      this.#live--;
    });
  }

  /** Notes that the body reads or writes a piece of memory. */
  uses(storage: Storage, what: string, writes: boolean): void {
    if (storage.buffer instanceof UnassignedBuffer) return;
    this.outside.set(storage, what);
    if (writes) this.written.add(storage);
  }

  record(command: Recorded): void {
    this.commands.push(command);
    this.#now++;
  }
}

/** What a list is replayed with. */
export interface CapturedOn {
  readonly commands: Commands;
  readonly pool: BufferPool;
  readonly bindGroups: BindGroups;
}

/**
 * A body of GPU work as one flat list. Replaying it runs no op: it encodes the same dispatches, copies and clears again,
 * on the values that the body's outside tensors (parameters, inputs) then have.
 *
 * Its own buffers are borrowed from the pool for each replay, so between replays others may use them. Where one is not
 * free, or was destroyed, the list is bound to other buffers first.
 */
export class Captured {
  /** Bytes of its own buffers, and the least that any assignment needs: all that is live at the worst moment. */
  readonly bytes: number;
  readonly livePeak: number;
  /** Times that the list was bound to buffers; 1 in a training loop that goes undisturbed. */
  bindings = 0;
  #recorded: readonly Recorded[];
  readonly #outside: ReadonlyMap<Storage, string>;
  readonly #written: ReadonlySet<Storage>;
  #assignment: Assignment;
  #list: Ready[] = [];
  #buffers: GPUBuffer[] | null = null;
  #evictions = 0;

  constructor(
    private readonly device: CapturedOn,
    { commands, lifetimes, outside, written }: Recording,
  ) {
    this.#recorded = commands;
    this.#outside = outside;
    this.#written = written;
    this.#assignment = assignBuffers(lifetimes, conflictsOf(commands, lifetimes.length), ALIGN);
    this.bytes = this.#assignment.sizes.reduce((sum, size) => sum + size, 0);
    this.livePeak = livePeak(lifetimes);
  }

  /**
   * Records the whole list, in order with what was recorded before.
   * @throws ReleasedError where an outside tensor's memory is no longer its own
   */
  replay(): void {
    const { commands } = this.device;
    for (const [storage, what] of this.#outside) {
      if (storage.gone) throw new ReleasedError(`replay: ${what} from outside of the captured body was released`);
    }
    for (const storage of this.#written) storage.noteWrite();
    const borrowed = this.#borrow();
    for (const c of this.#list) {
      if (c.kind === "dispatch") commands.dispatch(c.dispatch);
      else if (c.kind === "copy") commands.copy(c.from, c.fromOffset, c.to, c.toOffset, c.bytes);
      else commands.clear(c.buffer, c.offset, c.bytes);
    }
    for (const storage of borrowed) storage.release();
  }

  /**
   * What it does, one line a command: a kernel with its parameters, workgroups, the words of its uniforms, and the place and bytes
   * of each binding; places in memory that is borrowed do not count.
   */
  describe(): string[] {
    const place = (buffer: AnyBuffer, offset: number) => (buffer instanceof UnassignedBuffer ? "" : `@${offset}`);
    return this.#recorded.map((c) => {
      if (c.kind === "copy") return `copy ${c.bytes} ${place(c.from, c.fromOffset)} to ${place(c.to, c.toOffset)}`;
      if (c.kind === "clear") return `clear ${c.bytes} ${place(c.buffer, c.offset)}`;
      const resources = c.resources.map((r) =>
        "uniform" in r
          ? `uniforms ${[...new Uint32Array(r.uniform.buffer)].join(" ")}`
          : `${r.size}${place(r.buffer, r.offset)}`,
      );
      return `${c.program.name} | ${c.workgroups.join("x")} | ${resources.join(", ")}${c.backward ? " | backward" : ""}`;
    });
  }

  #borrow(): Storage[] {
    const { pool, bindGroups } = this.device;
    if (this.#buffers && this.#evictions === bindGroups.evictions) {
      const same = pool.takeThese(this.#buffers);
      if (same) return same;
    }
    const taken = pool.takeAll(this.#assignment.sizes);
    this.#buffers = taken.map((s) => onDevice(s.buffer));
    this.#bind(this.#buffers);
    return taken;
  }

  #bind(buffers: readonly GPUBuffer[]): void {
    const { bindGroups } = this.device;
    const { places } = this.#assignment;
    const real = (b: AnyBuffer) => (b instanceof UnassignedBuffer ? buffers[places[b.index].buffer] : b);
    const shift = (b: AnyBuffer) => (b instanceof UnassignedBuffer ? places[b.index].offset : 0);
    const build = (): Ready[] =>
      this.#recorded.map((c) => {
        if (c.kind === "copy") {
          const [fromOffset, toOffset] = [c.fromOffset + shift(c.from), c.toOffset + shift(c.to)];
          return { ...c, from: real(c.from), fromOffset, to: real(c.to), toOffset };
        }
        if (c.kind === "clear") return { ...c, buffer: real(c.buffer), offset: c.offset + shift(c.buffer) };
        const { program, workgroups, backward } = c;
        const resources = c.resources.map((r) =>
          "uniform" in r ? r : { ...r, buffer: real(r.buffer), offset: r.offset + shift(r.buffer) },
        );
        const bindGroup = bindGroups.get(program, resources);
        return {
          kind: "dispatch",
          dispatch: { pipeline: program.pipeline, bindGroup, workgroups, label: program.name, backward },
        };
      });
    this.bindings++;
    // Where the cache of uniforms was full on the way, it has been emptied, and the second time they all fit.
    for (let i = 0; i < 2; i++) {
      this.#evictions = bindGroups.evictions;
      this.#list = build();
      if (this.#evictions === bindGroups.evictions) return;
    }
    throw new Error("replay: more distinct uniforms than are cached");
  }
}

/** Bindings start at multiples of this many bytes on every adapter. */
const ALIGN = 256;

/** For each piece those that some command writes while it reads the piece, or reads while it writes it. */
function conflictsOf(commands: readonly Recorded[], pieces: number): Set<number>[] {
  const conflicts = Array.from({ length: pieces }, () => new Set<number>());
  const part = (read: AnyBuffer, written: AnyBuffer) => {
    if (!(read instanceof UnassignedBuffer && written instanceof UnassignedBuffer)) return;
    conflicts[read.index].add(written.index);
    conflicts[written.index].add(read.index);
  };
  for (const c of commands) {
    if (c.kind === "copy") part(c.from, c.to);
    if (c.kind !== "dispatch") continue;
    const writes = new Set(c.program.bindings.filter((b) => b.kind === "storage").map((b) => b.index));
    const bound = c.resources.flatMap((r) => ("uniform" in r ? [] : [r]));
    for (const written of bound.filter((r) => writes.has(r.binding))) {
      for (const read of bound.filter((r) => !writes.has(r.binding))) part(read.buffer, written.buffer);
    }
  }
  return conflicts;
}
