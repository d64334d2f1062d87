import { type Dtype, MAX_AXES } from "../files/index";
import { PickleError } from "./pickle";
import { TorchStorage } from "./torch-storage";

/** A view of a storage: element [i, j, ...] is the storage's element offset + i * strides[0] + j * strides[1] + ... */
export class TorchTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly size: number;
  readonly #storage: TorchStorage;
  readonly #offset: number;
  readonly #strides: readonly number[];

  /** @throws PickleError where any of it is not what it should be, or reaches beyond the storage */
  constructor(storage: unknown, offset: unknown, shape: unknown, strides: unknown) {
    if (!(storage instanceof TorchStorage)) throw new PickleError("a tensor without a storage");
    if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
      throw new PickleError("a tensor whose offset, size and stride do not fit together");
    }
    // Sums and products beyond 2^53 are inexact, but they only need to be refused.
    this.size = shape.reduce((product, n) => product * n, 1);
    const last = shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis], offset);
    if (!Number.isSafeInteger(this.size) || (this.size > 0 && last >= storage.length)) {
      const where = `offset ${offset}, size [${shape.join(", ")}], stride [${strides.join(", ")}]`;
      throw new PickleError(`a tensor (${where}) that reaches beyond its storage's ${storage.length} elements`);
    }
    this.dtype = storage.dtype;
    this.shape = shape;
    this.#storage = storage;
    this.#offset = offset;
    this.#strides = strides;
  }

  /** Values as float32, row-major; a view of the storage where it has them so. */
  f32(): Float32Array<ArrayBuffer> {
    const { values } = this.#storage;
    if (this.size === 0) return new Float32Array(0);
    if (values instanceof Float32Array && this.#isContiguous()) {
      return values.subarray(this.#offset, this.#offset + this.size);
    }
    const gathered = new Float32Array(this.size);
    let to = 0;
    const gather = (axis: number, at: number): void => {
      if (axis === this.shape.length) {
        gathered[to++] = values[at];
        return;
      }
      for (let i = 0; i < this.shape[axis]; i++) gather(axis + 1, at + i * this.#strides[axis]);
    };
    gather(0, this.#offset);
    return gathered;
  }

  #isContiguous(): boolean {
    let stride = 1;
    return this.shape.every((_, i) => {
      const axis = this.shape.length - 1 - i;
      const follows = this.shape[axis] === 1 || this.#strides[axis] === stride;
      stride *= this.shape[axis];
      return follows;
    });
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MAX_AXES && value.every(isCount);
}
