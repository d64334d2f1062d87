import {
  type AdapterFacts,
  type AdapterKind,
  type Attempt,
  type BindGroups,
  BufferPool,
  bytesOf,
  type Captured,
  Commands,
  type Dtype,
  type Pipelines,
  requestDevice,
  Staging,
  type Storage,
} from "../device/index";
import { DtypeError, OutOfMemoryError, ShapeError } from "../errors/index";
import { type Carrier, type Context, Contexts, type Within } from "./context";
import { Dispatcher, type DispatchSpec } from "./dispatcher";
import { INSPECT } from "./inspect";
import type { Layout } from "./layout";
import { Scopes } from "./scopes";
import { type Basics, Tape } from "./tape";
import { type Shape, sizeOf, Tensor } from "./tensor";
import { Transfers } from "./transfers";
import { type Nested, valuesOf } from "./values";

/** What a device is opened with. */
export interface Opening {
  adapter: GPUAdapter;
  kind: AdapterKind;
  /** Lets go of the driver when the device is closed. */
  release: () => void;
  /** How the adapter was found. */
  attempts: readonly Attempt[];
  basics: Basics;
  /** Follows asynchronous bodies through their awaits, where the platform can. */
  carrier?: Carrier<Context>;
}

/**
 * A device with all that the engine keeps for it. What is done with it is done elsewhere: memory in device/memory.ts, values
 * on their way in transfers.ts, kernels in dispatcher.ts, the lives of tensors in scopes.ts, gradients on the tape. One per
 * process is usual.
 */
export class Gpu {
  /** @internal */
  readonly commands: Commands;
  /** @internal */
  readonly pool: BufferPool;
  /** What forward has recorded for backward. */
  readonly tape: Tape;
  readonly #staging: Staging;
  readonly #transfers: Transfers;
  readonly #dispatcher: Dispatcher;
  readonly #scopes: Scopes;
  #closed = false;

  private constructor(
    readonly device: GPUDevice,
    readonly adapter: AdapterFacts,
    readonly limits: GPUSupportedLimits,
    /** How the adapter was found: what was tried before it. */
    readonly attempts: readonly Attempt[],
    private readonly release: () => void,
    basics: Basics,
    carrier?: Carrier<Context>,
  ) {
    this.commands = new Commands(device, (message) => this.pipelines.explain(message));
    this.pool = new BufferPool(device, this.commands);
    this.#staging = new Staging(this.commands);
    this.#transfers = new Transfers(this, this.commands, this.#staging);
    this.#dispatcher = new Dispatcher(this.commands, this.pool, limits);
    const contexts = new Contexts(carrier);
    this.tape = new Tape(basics, contexts);
    this.#scopes = new Scopes(this.tape, contexts);
  }

  /** Opens a device of an adapter that was found. @internal */
  static async open({ adapter, kind, release, attempts, basics, carrier }: Opening): Promise<Gpu> {
    const { device, facts } = await requestDevice(adapter, kind);
    return new Gpu(device, facts, device.limits, attempts, release, basics, carrier);
  }

  /** @internal */
  get pipelines(): Pipelines {
    return this.#dispatcher.pipelines;
  }

  /** @internal */
  get bindGroups(): BindGroups {
    return this.#dispatcher.bindGroups;
  }

  /** Objects kept for dispatches to come; a training loop of fixed shapes makes no more after its first steps. */
  get cached(): { uniforms: number; bindGroups: number } {
    return this.bindGroups.count;
  }

  /**
   * Bytes on the device: live in tensors and parameters; allocated in all, some of it free for reuse or for read-backs; the
   * most so far, read-backs aside.
   */
  get memory(): { live: number; total: number; peak: number } {
    const { liveBytes, totalBytes, peakBytes } = this.pool;
    return { live: liveBytes, total: totalBytes + this.#staging.bytes, peak: peakBytes };
  }

  // ---- memory -----------------------------------------------------------------------------------------------------

  /**
   * An uninitialised tensor from the pool, released at the end of the innermost scope.
   * @throws ShapeError for a shape that is none, DtypeError for float16 where the adapter's shaders lack it, GpuError for a
   *   shape that exceeds the adapter's largest buffer
   */
  empty(shape: Shape, dtype?: Dtype): Tensor;
  /** @internal */
  empty(shape: Shape, dtype: Dtype, layout: Layout | null | undefined): Tensor;
  empty(shape: Shape, dtype: Dtype = "f32", layout: Layout | null = null): Tensor {
    if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0)) throw new ShapeError("empty", "no such shape", [shape]);
    if (dtype === "f16" && !this.adapter.f16) throw new DtypeError("empty", `${this.adapter.name} has no shader-f16`);
    const values = layout ? shape[0] * shape[1] * layout.rows * layout.pitch : sizeOf(shape);
    return this.track(new Tensor(this, shape, this.pool.take(bytesOf(values, dtype)), dtype, layout));
  }

  /** A tensor of zeros, released at the end of the innermost scope. @throws ShapeError, GpuError as `empty` does */
  zeros(shape: Shape): Tensor {
    const t = this.empty(shape);
    this.clear(t);
    return t;
  }

  /**
   * Uploads values as float32, row-major: typed arrays of any kind, lists, or lists of lists.
   * @param shape by default that of the nesting
   * @throws ShapeError when their number does not fit the shape or rows differ in length, TypeError for what is no number
   */
  tensor(data: Nested, shape?: Shape): Tensor {
    const { values, shape: own } = valuesOf("tensor", data);
    const wanted = shape ?? own;
    if (values.length !== sizeOf(wanted)) throw new ShapeError("tensor", `${values.length} values`, [wanted]);
    const t = this.empty(wanted);
    this.#transfers.upload(t, values);
    t.saw(values);
    return t;
  }

  /** Overwrites a float32 tensor's values, row-major. @throws as `tensor` does, DtypeError, ReleasedError */
  write(t: Tensor, data: Nested): void {
    this.#transfers.write(t, data);
  }

  /** A tensor whose memory holds 32-bit words as they are, for a kernel that reads whole numbers: not their values. @throws ShapeError */
  words(data: Uint32Array, shape: Shape): Tensor {
    if (data.length !== sizeOf(shape)) throw new ShapeError("words", `${data.length} words`, [shape]);
    const t = this.empty(shape);
    this.#transfers.upload(t, data);
    return t;
  }

  /** Sets every element to 0. @throws ReleasedError */
  clear(t: Tensor): void {
    this.#transfers.clear(t);
  }

  /** Sets a whole arena to 0. @internal */
  clearArena(arena: Storage): void {
    this.#transfers.clearArena(arena);
  }

  /** Copies values between tensors of one size and type. @throws ShapeError, DtypeError where they differ, ReleasedError */
  copy(from: Tensor, to: Tensor): void {
    this.#transfers.copy(from, to);
  }

  /**
   * Starts a read-back now, in recorded order; the promise resolves when the GPU has got there.
   * @throws ReleasedError; GpuError what the driver reported meanwhile
   */
  read(t: Tensor): Promise<Float32Array> {
    return this.#transfers.read(t);
  }

  // ---- scopes -----------------------------------------------------------------------------------------------------

  /** Registers a tensor with the innermost scope. */
  track(t: Tensor): Tensor {
    return this.#scopes.track(t);
  }

  /**
   * Runs `body` and releases every tensor made in it except those it returns and those marked `keep()`. A step of
   * training runs in one scope, so nothing is left to the garbage collector.
   */
  scope<T>(body: () => T): T {
    return this.#scopes.run(body);
  }

  /**
   * `scope` for a body that awaits; other bodies may run meanwhile, each in its own scope.
   * @param body in a browser, what it does after it has awaited goes through `within`, which it is given: tensors that it
   *   makes otherwise are not this scope's
   */
  scopeAsync<T>(body: (within: Within) => Promise<T>): Promise<T> {
    return this.#scopes.runAsync(body);
  }

  /**
   * Runs `body` without gradients in a scope of its own, and where it ran out of memory once more. It reads its results
   * back at its end: until then nothing must be done that can't be done twice.
   */
  inference<T>(body: (within: Within) => Promise<T>): Promise<T> {
    return this.retried(() => this.tape.noGradAsync(() => this.scopeAsync(body)));
  }

  // ---- work -------------------------------------------------------------------------------------------------------

  /** Records one kernel. Checks names, liveness, aliasing and the adapter's limits before anything reaches the GPU. */
  dispatch(spec: DispatchSpec): void {
    this.#dispatcher.dispatch(spec, !this.tape.recording);
  }

  /**
   * Takes down what `body` would do, without doing it, as a list that can be replayed. Tensors made inside must all be
   * released by its end; those from outside must live until the last replay. Uploads and read-backs are not possible
   * inside: what changes between replays is written into outside tensors before each.
   */
  capture(body: () => void): Captured {
    return this.#dispatcher.capture(() => this.scope(body));
  }

  /** Workgroups for `n` invocations, folded into two dimensions of even rows where one would exceed the adapter's limit. */
  grid(n: number, workgroupSize: number): [number, number, number] {
    const groups = Math.ceil(n / workgroupSize);
    const rows = Math.ceil(groups / this.limits.maxComputeWorkgroupsPerDimension);
    return [Math.ceil(groups / Math.max(rows, 1)), rows, 1];
  }

  /** Submits and waits for the queue. @throws GpuError what the driver reported. */
  finish(): Promise<void> {
    return this.commands.finish();
  }

  /** Gives free memory back to the device; for a change of shapes (another image size) that will not come back. */
  trim(): void {
    this.pool.trim();
    this.#staging.trim();
  }

  /**
   * Runs `body`, and where it ran out of memory once more, after all that was free has been given back and the queue is idle.
   * @throws OutOfMemoryError where there is no memory the second time either
   */
  async retried<T>(body: () => T | Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
    }
    this.trim();
    await this.finish();
    return body();
  }

  /**
   * Destroys the device and lets go of the driver, so that the process can end by itself.
   * @throws GpuError what the driver had reported and nobody was told
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.commands.close();
    } finally {
      this.tape.contexts.carrier.disable?.();
      this.release();
    }
  }

  /** One line: the adapter, and memory. */
  toString(): string {
    const [live, total] = [this.memory.live, this.memory.total].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
    return `Gpu ${this.adapter.name} (${this.adapter.kind}), ${this.#closed ? "closed" : `${live} live of ${total}`}`;
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): string {
    return this.toString();
  }
}
