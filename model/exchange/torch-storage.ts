import { DTYPE_BYTES, type Dtype, type Elements, elements, quote } from "../files/index";
import { PickleError } from "./pickle";

/** A storage class of PyTorch, or an element type: what a storage's bytes are. */
export class ElementType {
  constructor(readonly dtype: Dtype) {}
}

/** A run of elements that any number of tensors look into. Its bytes are fetched at the first use, and kept. */
export class TorchStorage {
  readonly #views = new Map<Dtype, TorchStorage>();
  #values: Elements | null = null;

  /** @param length in elements */
  constructor(
    readonly dtype: Dtype,
    readonly length: number,
    private readonly fetch: () => Uint8Array<ArrayBuffer>,
  ) {}

  get bytes(): number {
    return this.length * DTYPE_BYTES[this.dtype];
  }

  get values(): Elements {
    this.#values ??= elements(this.dtype, this.fetch());
    return this.#values;
  }

  /** The same bytes as elements of another type. */
  as(dtype: Dtype): TorchStorage {
    if (this.bytes % DTYPE_BYTES[dtype] !== 0) throw new PickleError("a storage of half an element");
    const view = this.#views.get(dtype) ?? new TorchStorage(dtype, this.bytes / DTYPE_BYTES[dtype], this.fetch);
    this.#views.set(dtype, view);
    return view;
  }
}

/** The storages of one file, by the keys that its pickle refers to them with. */
export class StorageTable {
  readonly #storages = new Map<string, TorchStorage>();

  /** @param open checks that a storage of so many bytes is there, and returns what fetches them */
  constructor(private readonly open: (key: string, bytes: number) => () => Uint8Array<ArrayBuffer>) {}

  get size(): number {
    return this.#storages.size;
  }

  get(key: string): TorchStorage | undefined {
    return this.#storages.get(key);
  }

  /**
   * @param id as torch.save writes it: ("storage", class, key, device, length), and in the legacy format what it is a part of
   * @throws PickleError for anything else, and for a storage that is described in two ways
   */
  find(id: unknown): TorchStorage {
    if (!Array.isArray(id) || id[0] !== "storage") throw new PickleError("it refers to what is no storage");
    const [, type, key, , length, partOf = null] = id as unknown[];
    if (!(type instanceof ElementType) || typeof key !== "string")
      throw new PickleError("a storage without a type or key");
    if (!Number.isSafeInteger(length) || (length as number) < 0) throw new PickleError("a storage without a length");
    if (partOf !== null) throw new PickleError("a storage that is a part of another, as PyTorch 0.3 wrote them");
    const known = this.#storages.get(key);
    if (known) {
      if (known.dtype === type.dtype && known.length === length) return known;
      throw new PickleError(`storage ${quote(key)} is described in two ways`);
    }
    const bytes = (length as number) * DTYPE_BYTES[type.dtype];
    const storage = new TorchStorage(type.dtype, length as number, this.open(key, bytes));
    this.#storages.set(key, storage);
    return storage;
  }
}
