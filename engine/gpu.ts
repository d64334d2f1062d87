import type { Kernel } from "../kernels/index";
import { kernelText } from "../kernels/index";
import { requestDevice } from "./adapters/device";
import type { AdapterFacts, AdapterKind, Attempt } from "./adapters/facts";
import { BindGroups, type Resource, uniformResource } from "./bind-groups";
import { Captured, Recording } from "./capture";
import { Commands } from "./commands";
import { type Carrier, type Context, Contexts, type Within } from "./context";
import { DtypeError, GpuError, ShapeError } from "./errors";
import { BufferPool } from "./memory";
import { convert, tapeOps } from "./ops/basics";
import { Pipelines, type Program, type UniformValues } from "./pipelines";
import { Scopes } from "./scopes";
import type { Storage } from "./storage";
import { Tape } from "./tape";
import { bytesOf, type Dtype, type Shape, sizeOf, Tensor } from "./tensor";
import type { Params } from "./wgsl";

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
  #staging = new Map<number, GPUBuffer[]>();
  readonly #scopes: Scopes;
  #closed = false;

  private constructor(
    readonly device: GPUDevice,
    readonly adapter: AdapterFacts,
    readonly limits: GPUSupportedLimits,
    /** How the adapter was found: what was tried before it. */
    readonly attempts: readonly Attempt[],
    /** @internal */
    readonly release: () => void,
    carrier?: Carrier<Context>,
  ) {
    this.commands = new Commands(device);
    this.pool = new BufferPool(device, () => this.commands.submit());
    this.pipelines = new Pipelines(device, kernelText);
    this.bindGroups = new BindGroups(device, () => this.commands.submit());
    const contexts = new Contexts(carrier);
    this.tape = new Tape(tapeOps, contexts);
    this.#scopes = new Scopes(this.tape, contexts);
  }

  /**
   * Opens a device of the adapter.
   * @param release lets go of the driver when the device is closed
   * @param carrier follows asynchronous bodies through their awaits, where the platform can
   */
  static async open(
    adapter: GPUAdapter,
    kind: AdapterKind,
    release: () => void,
    attempts: Attempt[],
    carrier?: Carrier<Context>,
  ): Promise<Gpu> {
    const { device, facts } = await requestDevice(adapter, kind);
    return new Gpu(device, facts, device.limits, attempts, release, carrier);
  }

  /** Objects kept for dispatches to come; a training loop of fixed shapes makes no more after its first steps. */
  get cached(): { uniforms: number; bindGroups: number } {
    return this.bindGroups.count;
  }

  /** Bytes on the device: live in tensors and parameters, allocated in all (some of it free for reuse), the most so far. */
  get memory(): { live: number; total: number; peak: number } {
    const { liveBytes, totalBytes, peakBytes } = this.pool;
    return { live: liveBytes, total: totalBytes, peak: peakBytes };
  }

  // ---- memory -----------------------------------------------------------------------------------------------------

  /**
   * An uninitialised tensor from the pool, released at the end of the innermost scope.
   * @throws ShapeError for a shape that is none, DtypeError for float16 where the adapter's shaders lack it, GpuError for a
   *   shape that exceeds the adapter's largest buffer
   */
  empty(shape: Shape, dtype: Dtype = "f32"): Tensor {
    if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0)) throw new ShapeError("empty", "no such shape", [shape]);
    if (dtype === "f16" && !this.adapter.f16) throw new DtypeError("empty", `${this.adapter.name} has no shader-f16`);
    return this.track(new Tensor(this, shape, this.pool.take(bytesOf(sizeOf(shape), dtype)), dtype));
  }

  /** A tensor of zeros, released at the end of the innermost scope. @throws ShapeError, GpuError as `empty` does */
  zeros(shape: Shape): Tensor {
    const t = this.empty(shape);
    this.clear(t);
    return t;
  }

  /** Uploads values as float32, row-major. @throws ShapeError when their number does not fit the shape. */
  tensor(data: ArrayLike<number>, shape: Shape): Tensor {
    const t = this.empty(shape);
    this.write(t, data);
    return t;
  }

  /** Overwrites a float32 tensor's values, row-major. @throws ShapeError when their number does not fit, DtypeError, ReleasedError */
  write(t: Tensor, data: ArrayLike<number>): void {
    t.assertLive();
    if (t.dtype === "f16") throw new DtypeError("write", "uploads are float32; cast them on the GPU");
    if (data.length !== t.size) throw new ShapeError("write", `${data.length} values`, [t.shape]);
    this.#upload(t, data instanceof Float32Array ? data : Float32Array.from(data));
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
    this.#touch(from, "a copy's source", false);
    this.#touch(to, "a copy's target", true);
    this.commands.copy(from.storage.buffer, from.storage.offset, to.storage.buffer, to.storage.offset, from.bytes);
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
    if (t.dtype === "f16") {
      const full = convert(t, this.empty(t.shape));
      const values = this.#read(full); // recorded by now, so that the memory may serve what is recorded next
      full.dispose();
      return values;
    }
    const staging = this.#takeStaging(t.bytes);
    this.commands.copy(t.storage.buffer, t.storage.offset, staging, 0, t.bytes);
    const bytes = await this.commands.map(staging, t.bytes);
    this.#giveStaging(staging);
    return new Float32Array(bytes);
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

  // ---- work -------------------------------------------------------------------------------------------------------

  /** Records one kernel. Checks names, liveness, aliasing and the adapter's limits before anything reaches the GPU. */
  dispatch(spec: DispatchSpec): void {
    const half = Object.values(spec.bindings).some((t) => t.dtype === "f16");
    const program = this.pipelines.get(spec.kernel, half ? { ...spec.params, F16: 1 } : spec.params, spec.constants);
    const [x, y = 1, z = 1] = spec.workgroups;
    const most = this.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(x, y, z) > most) throw new GpuError(`${program.name}: ${x}x${y}x${z} workgroups exceed ${most}`);
    if (x * y * z === 0) return;
    const resources = this.#resources(program, spec.bindings, spec.uniforms ?? {});
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

  /** Workgroups for `n` invocations, folded into two dimensions where one would exceed the adapter's limit. */
  grid(n: number, workgroupSize: number): [number, number, number] {
    const groups = Math.ceil(n / workgroupSize);
    const x = Math.min(groups, this.limits.maxComputeWorkgroupsPerDimension);
    return [x, Math.ceil(groups / Math.max(x, 1)), 1];
  }

  /** Submits and waits for the queue. @throws GpuError what the driver reported. */
  finish(): Promise<void> {
    return this.commands.finish();
  }

  /** Destroys the device and lets go of the driver, so that the process can end by itself. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.commands.submit();
    await this.commands.settle(this.device.queue.onSubmittedWorkDone()).catch(() => undefined);
    this.device.destroy();
    this.release();
  }

  #resources(program: Program, bindings: Readonly<Record<string, Tensor>>, uniforms: UniformValues): Resource[] {
    const resources: Resource[] = [];
    const written: Storage[] = [];
    const read: Storage[] = [];
    let given = 0;
    for (const { name, index, kind, dtype } of program.bindings) {
      if (kind === "uniform") {
        resources.push(uniformResource(program, index, uniforms));
        continue;
      }
      const t = bindings[name];
      if (!t) throw new Error(`${program.name}: binding '${name}' is missing`);
      t.assertLive();
      if (t.dtype !== dtype) throw new DtypeError(program.name, `takes ${dtype} as '${name}', not ${t.dtype}`);
      given++;
      const { storage } = t;
      (kind === "storage" ? written : read).push(storage);
      this.#touch(t, `${program.name}'s '${name}'`, kind === "storage");
      const size = Math.max(16, Math.ceil(t.bytes / 16) * 16);
      if (size > this.limits.maxStorageBufferBindingSize) {
        throw new GpuError(
          `${program.name}: '${name}' [${t.shape.join(", ")}] needs ${size} bytes in one binding; ` +
            `this adapter allows ${this.limits.maxStorageBufferBindingSize}`,
        );
      }
      resources.push({ binding: index, buffer: storage.buffer, offset: storage.offset, size });
    }
    if (given !== Object.keys(bindings).length) {
      throw new Error(`${program.name}: the WGSL has no binding for one of ${Object.keys(bindings).join(", ")}`);
    }
    for (const [i, s] of written.entries()) {
      if (read.some((r) => r.buffer === s.buffer)) {
        throw new Error(`${program.name}: reads and writes one buffer in one dispatch`);
      }
      if (written.slice(0, i).some((other) => overlap(s, other))) {
        throw new Error(`${program.name}: writes one piece of memory by two bindings`);
      }
    }
    return resources;
  }

  #takeStaging(bytes: number): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    return this.#staging.get(size)?.pop() ?? this.device.createBuffer({ size, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
  }

  /** Small staging buffers (losses, norms) are kept for the next step's read-back; large ones are not worth it. */
  #giveStaging(buffer: GPUBuffer): void {
    if (buffer.size > 1 << 20) {
      buffer.destroy();
      return;
    }
    const list = this.#staging.get(buffer.size);
    if (list) list.push(buffer);
    else this.#staging.set(buffer.size, [buffer]);
  }
}

const overlap = (a: Storage, b: Storage): boolean =>
  a.buffer === b.buffer && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
