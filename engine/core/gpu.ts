import type { Kernel } from "../../kernels/index";
import { kernelText } from "../../kernels/index";
import {
  type AdapterFacts,
  type AdapterKind,
  type Attempt,
  BindGroups,
  BufferPool,
  bytesOf,
  Captured,
  Commands,
  type Dtype,
  DtypeError,
  GpuError,
  OutOfMemoryError,
  type Params,
  Pipelines,
  Recording,
  requestDevice,
  ShapeError,
  Staging,
  type Storage,
  type UniformValues,
  writesSoFar,
} from "../device/index";
import { type Carrier, type Context, Contexts, type Within } from "./context";
import { copyAcross, lieAlike } from "./images";
import { INSPECT } from "./inspect";
import type { Layout } from "./layout";
import { resourcesOf } from "./resources";
import { Scopes } from "./scopes";
import { type Basics, Tape } from "./tape";
import { type Shape, sizeOf, Tensor } from "./tensor";
import { type Nested, valuesOf } from "./values";

/** What one dispatch needs; bindings and uniforms go by the names in the WGSL. */
export interface DispatchSpec {
  kernel: Kernel;
  /** Values for the preprocessing step (tile sizes, unroll counts). */
  params?: Params;
  /** Values for WGSL `override` constants. */
  constants?: Record<string, number>;
  uniforms?: UniformValues;
  bindings: Readonly<Record<string, Tensor>>;
  workgroups: readonly [number, number?, number?];
}

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

/** A device with all that the engine keeps for it: commands, memory, pipelines, and the tape. One per process is usual. */
export class Gpu {
  /** @internal */
  readonly commands: Commands;
  /** @internal */
  readonly pool: BufferPool;
  /** @internal */
  readonly pipelines: Pipelines;
  /** @internal */
  readonly bindGroups: BindGroups;
  /** What forward has recorded for backward. */
  readonly tape: Tape;
  readonly #staging: Staging;
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
    this.pipelines = new Pipelines(device, kernelText);
    this.commands = new Commands(device, (message) => this.pipelines.explain(message));
    this.pool = new BufferPool(device, this.commands);
    this.#staging = new Staging(this.commands);
    this.bindGroups = new BindGroups(device, () => this.commands.submit());
    const contexts = new Contexts(carrier);
    this.tape = new Tape(basics, contexts);
    this.#scopes = new Scopes(this.tape, contexts);
  }

  /** Opens a device of an adapter that was found. @internal */
  static async open({ adapter, kind, release, attempts, basics, carrier }: Opening): Promise<Gpu> {
    const { device, facts } = await requestDevice(adapter, kind);
    return new Gpu(device, facts, device.limits, attempts, release, basics, carrier);
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
    this.#upload(t, values);
    t.saw(values);
    return t;
  }

  /** Overwrites a float32 tensor's values, row-major. @throws as `tensor` does, DtypeError, ReleasedError */
  write(t: Tensor, data: Nested): void {
    t.assertLive();
    if (t.dtype === "f16") throw new DtypeError("write", "uploads are float32; cast them on the GPU");
    const { values } = valuesOf("write", data);
    if (values.length !== t.size) throw new ShapeError("write", `${values.length} values`, [t.shape]);
    if (t.layout) this.scope(() => this.copy(this.tensor(values, t.shape), t));
    else this.#upload(t, values);
    t.saw(values);
  }

  /** A tensor whose memory holds 32-bit words as they are, for a kernel that reads whole numbers: not their values. @throws ShapeError */
  words(data: Uint32Array, shape: Shape): Tensor {
    if (data.length !== sizeOf(shape)) throw new ShapeError("words", `${data.length} words`, [shape]);
    const t = this.empty(shape);
    this.#upload(t, data);
    return t;
  }

  #upload(t: Tensor, words: Float32Array | Uint32Array): void {
    t.storage.noteWrite();
    this.commands.write(t.storage.buffer, t.storage.offset, words);
  }

  /** Notes that what is recorded next reads a tensor's memory, or writes to it. */
  #touch({ storage, shape }: Tensor, what: string, writes: boolean): void {
    if (writes) storage.noteWrite();
    this.commands.recording?.uses(storage, `${what} [${shape.join(", ")}]`, writes);
  }

  /** Sets every element to 0. @throws ReleasedError */
  clear(t: Tensor): void {
    t.assertLive();
    this.#touch(t, "a cleared tensor", true);
    this.commands.clear(t.storage.buffer, t.storage.offset, t.bytes);
  }

  /** Sets a whole arena to 0. @internal */
  clearArena(arena: Storage): void {
    arena.noteWrite();
    this.commands.recording?.uses(arena, "an arena", true);
    this.commands.clear(arena.buffer, arena.offset, arena.bytes);
  }

  /** Copies values between tensors of one size and type. @throws ShapeError, DtypeError where they differ, ReleasedError */
  copy(from: Tensor, to: Tensor): void {
    from.assertLive();
    to.assertLive();
    if (from.size !== to.size) throw new ShapeError("copy", "sizes differ", [from.shape, to.shape]);
    if (from.dtype !== to.dtype) throw new DtypeError("copy", `from ${from.dtype} to ${to.dtype}`);
    if (from.storage.buffer === to.storage.buffer) {
      this.#copyWithin(from, to);
      return;
    }
    if (!lieAlike(from, to)) {
      this.scope(() => copyAcross(from, to));
      return;
    }
    this.#touch(from, "a copy's source", false);
    this.#touch(to, "a copy's target", true);
    this.commands.copy(from.storage.buffer, from.storage.offset, to.storage.buffer, to.storage.offset, from.bytes);
  }

  /** A copy between parts of one buffer, such as two parameters: WebGPU has none, so it goes by way of another. */
  #copyWithin(from: Tensor, to: Tensor): void {
    if (from.storage.offset === to.storage.offset) return;
    this.scope(() => {
      const between = this.empty(from.shape, from.dtype);
      this.copy(from, between);
      this.copy(between, to);
    });
  }

  /**
   * Starts a read-back now, in recorded order; the promise resolves when the GPU has got there.
   * @throws ReleasedError; GpuError what the driver reported meanwhile
   */
  read(t: Tensor): Promise<Float32Array> {
    t.assertLive();
    if (this.commands.recording) throw new Error("capture: a read-back; read after a replay");
    return this.#read(t);
  }

  async #read(t: Tensor): Promise<Float32Array> {
    if (t.layout || t.dtype === "f16") {
      const copy = this.empty(t.shape, t.layout ? t.dtype : "f32");
      if (t.layout) this.copy(t, copy);
      else this.tape.basics.convert(t, copy);
      const values = this.#read(copy); // recorded by now, so that the memory may serve what is recorded next
      copy.dispose();
      return values;
    }
    const at = writesSoFar();
    const staging = this.#staging.take(t.bytes);
    if (!staging) throw new OutOfMemoryError(`out of memory: ${t.bytes} bytes to read [${t.shape.join(", ")}] back`);
    try {
      this.commands.copy(t.storage.buffer, t.storage.offset, staging, 0, t.bytes);
      const bytes = await this.commands.map(staging, t.bytes);
      this.#staging.give(staging);
      const values = new Float32Array(bytes);
      t.saw(values, at);
      return values;
    } catch (error) {
      this.#staging.destroy(staging);
      throw error;
    }
  }

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
    const half = Object.values(spec.bindings).some((t) => t.dtype === "f16");
    const program = this.pipelines.get(spec.kernel, half ? { ...spec.params, F16: 1 } : spec.params, spec.constants);
    const [x, y = 1, z = 1] = spec.workgroups;
    const most = this.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(x, y, z) > most) throw new GpuError(`${program.name}: ${x}x${y}x${z} workgroups exceed ${most}`);
    if (x * y * z === 0) return;
    const resources = resourcesOf(program, spec, this.limits, (t, name, writes) =>
      this.#touch(t, `${program.name}'s '${name}'`, writes),
    );
    const workgroups = [x, y, z] as const;
    const backward = !this.tape.recording;
    const { recording } = this.commands;
    if (recording) {
      recording.record({ kind: "dispatch", program, resources, workgroups, backward });
      return;
    }
    const bindGroup = this.bindGroups.get(program, resources);
    this.commands.dispatch({ pipeline: program.pipeline, bindGroup, workgroups, label: program.name, backward });
  }

  /**
   * Takes down what `body` would do, without doing it, as a list that can be replayed. Tensors made inside must all be
   * released by its end; those from outside must live until the last replay. Uploads and read-backs are not possible
   * inside: what changes between replays is written into outside tensors before each.
   */
  capture(body: () => void): Captured {
    if (this.commands.recording) throw new Error("capture: already capturing");
    const recording = new Recording();
    this.commands.recording = recording;
    this.pool.recording = recording;
    try {
      this.scope(body);
    } finally {
      this.commands.recording = null;
      this.pool.recording = null;
    }
    if (recording.live > 0) throw new Error(`capture: ${recording.live} tensors made inside were not released`);
    return new Captured(this, recording);
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
