import { bytesOf, type Dtype, type Storage, writesSoFar } from "../device/index";
import { ReleasedError, ShapeError } from "../errors/index";
import type { Gpu } from "./gpu";
import { describeTensor, INSPECT, SHOWN } from "./inspect";
import { type Layout, planeOf } from "./layout";

/** Sizes of the axes, outermost first; [] is a scalar's. */
export type Shape = readonly number[];

/** Number of elements. */
export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Whether two shapes agree in every axis. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

let nextId = 1;

/**
 * An array of float32 or float16 on the GPU, row-major (images NCHW, weights OIHW). It is contiguous, but for images that a
 * chain of layers lays out otherwise in memory for itself: shape, size and all values that are read or written are the same.
 *
 * A tensor is a handle: several handles may view one Storage. `dispose()` drops this handle; memory returns to the pool
 * with the last holder, so disposing of a tensor that backward will read is safe: the tape holds it too.
 */
export class Tensor {
  readonly id = nextId++;
  readonly size: number;
  /** Backward computes a gradient for this tensor. Set on leaves by the user, on results by the tape. */
  requiresGrad = false;
  /** A leaf's place for its gradient (a slice of the gradient arena, for parameters). */
  grad: Tensor | null = null;
  /** `grad` has been zeroed and nothing was added yet, so the first gradient may be written straight into it. */
  gradIsFresh = false;
  /**
   * Of a recorded result: a ReLU made it, so that a gradient by it counts only where it is positive. Of a gradient: it is
   * zero wherever that ReLU is closed, so that nobody need mask it again. Never of a leaf: its gradient is all that there is.
   */
  rectified = false;
  /** No recorded op made it: where it requires a gradient, that is added into `grad` and goes no further. */
  isLeaf = true;
  /** The op that made it; null of one that was uploaded or filled. */
  op: string | null = null;
  #disposed = false;
  #kept = false;
  #seen: { values: readonly number[]; at: number } | null = null;

  /** `gpu.tensor` and `gpu.empty` make tensors. @internal */
  constructor(
    readonly gpu: Gpu,
    readonly shape: Shape,
    readonly storage: Storage,
    readonly dtype: Dtype = "f32",
    /** Where images [n, c, h, w] lie, if not one after another. Ops that know nothing of it are handed a contiguous copy. @internal */
    readonly layout: Layout | null = null,
  ) {
    this.size = sizeOf(shape);
  }

  /** Values in memory: its own, and what a layout has around them. @internal */
  get extent(): number {
    return this.layout ? this.shape[0] * this.shape[1] * planeOf(this.layout).plane : this.size;
  }

  /** In memory: 4 a value, of float16 2, filled up to 4. */
  get bytes(): number {
    return bytesOf(this.extent, this.dtype);
  }

  /** Whether this handle has been dropped. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** This handle outlives backward and the scope it was made in; its owner disposes of it. */
  keep(): this {
    this.#kept = true;
    return this;
  }

  /** Whether `keep` was called. */
  get kept(): boolean {
    return this.#kept;
  }

  /** Another handle on the same memory, with its own life; the shape may differ, the size may not. @throws ShapeError, ReleasedError */
  view(shape: Shape = this.shape): Tensor {
    this.assertLive();
    if (sizeOf(shape) !== this.size) throw new ShapeError("view", "sizes differ", [this.shape, shape]);
    if (this.layout && !sameShape(shape, this.shape)) {
      throw new ShapeError("view", "images that are not contiguous have no other shape", [this.shape, shape]);
    }
    return new Tensor(this.gpu, shape, this.storage.retain(), this.dtype, this.layout);
  }

  /** A view that stands for this tensor in the tape's own work, `rectified` as it is. @internal */
  alias(shape: Shape = this.shape): Tensor {
    const alias = this.view(shape);
    alias.rectified = this.rectified;
    return alias;
  }

  /** The same values without their history: no gradient flows back through the result. Released with the scope. */
  detach(): Tensor {
    return this.gpu.track(this.view());
  }

  /** Drops this handle. Idempotent. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.storage.release();
  }

  /** @throws ReleasedError when this handle was disposed of (by hand, by its scope's end, or by backward). */
  assertLive(): void {
    if (this.#disposed) {
      throw new ReleasedError(
        `tensor [${this.shape.join(", ")}] was released (dispose, scope end or backward); keep() it to use it later`,
      );
    }
  }

  /**
   * Gradients of this tensor by every leaf that requires one, added into `leaf.grad`; see Tape.backward.
   * @param seed gradient of this tensor itself; ones by default, which needs a scalar
   * @throws ShapeError, ReleasedError
   */
  backward(seed?: Tensor): void {
    this.gpu.tape.backward(this, seed);
  }

  /** Reads the values back, row-major, float16 as float32. Waits for all that was recorded before. @throws ReleasedError, GpuError */
  data(): Promise<Float32Array> {
    return this.gpu.read(this);
  }

  /** Reads a tensor of one element. @throws ShapeError where it has more or fewer */
  async item(): Promise<number> {
    if (this.size !== 1) throw new ShapeError("item", "needs one element", [this.shape]);
    return (await this.data())[0];
  }

  /** Its first values, where they were uploaded or read back and nothing has written to it since. @internal */
  get known(): readonly number[] | null {
    return this.#seen && !this.storage.writtenSince(this.#seen.at) ? this.#seen.values : null;
  }

  /** Takes down the values that it had at a time, in writes. @internal */
  saw(values: Float32Array, at = writesSoFar()): void {
    this.#seen = { values: [...values.subarray(0, SHOWN)], at };
  }

  /** One line: shape, type, op, and the first values where they are known. */
  toString(): string {
    return describeTensor(this);
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): string {
    return describeTensor(this);
  }
}
