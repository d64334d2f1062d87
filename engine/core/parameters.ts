import type { Storage } from "../device/index";
import { ShapeError } from "../errors/index";
import type { Gpu } from "./gpu";
import { withDefaults } from "./options";
import { type Shape, sizeOf, Tensor } from "./tensor";

/** A parameter as it is declared. Names are free; a layer's share a prefix, by which `freeze` finds them. */
export interface ParameterSpec {
  name: string;
  shape: Shape;
  /** What `initialise` fills it with, where that is not to follow from its shape and name. */
  init?: number;
}

/** A run of floats inside the arenas that one dispatch may bind. */
export interface ArenaRange {
  /** Offset in bytes from the arenas' start. */
  offset: number;
  /** Floats in the run. */
  size: number;
}

/** Bindings start at multiples of this many bytes on every adapter (SwiftShader's is the largest). */
const ALIGN = 256;

/** What is kept beside the values. */
export interface ParametersOptions {
  /** False for inference alone: no gradients and no moments, a quarter of the memory. */
  trained?: boolean;
}

/**
 * All parameters of a network in one flat buffer, their gradients and Adam's two moments in three more of the same
 * layout, so that zeroing, checking and updating take a few dispatches whatever the number of layers.
 */
export class Parameters {
  readonly values: Storage;
  /** Gradients, first and second moments; none where nothing is trained. */
  #training: readonly Storage[];
  #offsets = new Map<string, { offset: number; shape: Shape }>();
  #tensors = new Map<string, Tensor>();
  #frozen = new Set<string>();

  constructor(
    readonly gpu: Gpu,
    readonly specs: readonly ParameterSpec[],
    options: ParametersOptions = {},
  ) {
    const { trained } = withDefaults<Required<ParametersOptions>>("Parameters", options, { trained: true });
    let bytes = 0;
    for (const { name, shape } of specs) {
      if (this.#offsets.has(name)) throw new Error(`parameter '${name}' is declared twice`);
      this.#offsets.set(name, { offset: bytes, shape });
      bytes += Math.ceil((sizeOf(shape) * 4) / ALIGN) * ALIGN;
    }
    this.values = gpu.pool.persistent(bytes);
    // WebGPU zero-initialises buffers, so gradients and moments start at zero.
    this.#training = trained ? [0, 1, 2].map(() => gpu.pool.persistent(bytes)) : [];
    for (const { name } of specs) {
      const tensor = this.slice(this.values, name);
      if (trained) tensor.grad = this.slice(this.gradients, name);
      tensor.requiresGrad = trained;
      this.#tensors.set(name, tensor);
    }
  }

  /** All gradients. @throws Error where nothing is trained */
  get gradients(): Storage {
    return this.#trainingArena(0);
  }

  /** Adam's first moment, the running mean of the gradients. */
  get moment1(): Storage {
    return this.#trainingArena(1);
  }

  /** Adam's second moment, the running mean of the gradients' squares. */
  get moment2(): Storage {
    return this.#trainingArena(2);
  }

  #trainingArena(i: number): Storage {
    const arena = this.#training[i];
    if (!arena) throw new Error("parameters for inference alone have no gradients and no moments");
    return arena;
  }

  /** In the order of their declaration. */
  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  /** Number of trained values. */
  get count(): number {
    return this.specs.reduce((sum, s) => sum + sizeOf(s.shape), 0);
  }

  /** The parameter as a tensor: a slice of the arena whose `grad` is the same slice of the gradient arena. @throws Error for an unknown name */
  get(name: string): Tensor {
    const t = this.#tensors.get(name);
    if (!t) throw new Error(`no parameter '${name}'`);
    return t;
  }

  /** The slice of one of the four arenas that belongs to a parameter. */
  slice(arena: Storage, name: string): Tensor {
    const { offset, shape } = this.#offsets.get(name)!;
    const bytes = Math.ceil((sizeOf(shape) * 4) / 16) * 16;
    return new Tensor(this.gpu, shape, arena.part(offset, bytes)).keep();
  }

  /** Parameters whose name starts with one of the prefixes get no gradient and no update. */
  freeze(prefixes: readonly string[]): void {
    for (const [name, tensor] of this.#tensors) {
      if (!prefixes.some((p) => name.startsWith(p))) continue;
      tensor.requiresGrad = false;
      this.#frozen.add(name);
    }
  }

  /** Whether `freeze` has reached this parameter. */
  isFrozen(name: string): boolean {
    return this.#frozen.has(name);
  }

  /** Clears all gradients; the first gradient of each parameter is then written straight into its slice. */
  zeroGrad(): void {
    this.gpu.clearArena(this.gradients);
    for (const t of this.#tensors.values()) t.gradIsFresh = true;
  }

  /** Uploads one parameter's values. @throws ShapeError when their number differs. */
  load(name: string, values: Float32Array): void {
    const t = this.get(name);
    if (values.length !== t.size) throw new ShapeError(name, `${values.length} values`, [t.shape]);
    this.gpu.write(t, values);
  }

  /** Reads one arena back in one piece. @returns each parameter's values by name */
  async readArena(arena: Storage): Promise<Map<string, Float32Array>> {
    const whole = new Tensor(this.gpu, [arena.bytes / 4], arena);
    const floats = await whole.data();
    const values = new Map<string, Float32Array>();
    for (const [name, { offset, shape }] of this.#offsets) {
      values.set(name, floats.slice(offset / 4, offset / 4 + sizeOf(shape)));
    }
    return values;
  }

  /** Runs of trained values in order, each small enough for one binding, skipping frozen parameters. @internal */
  ranges(): ArenaRange[] {
    const most = Math.floor(this.gpu.limits.maxStorageBufferBindingSize / ALIGN) * ALIGN;
    const runs: { offset: number; end: number }[] = [];
    for (const [name, { offset, shape }] of this.#offsets) {
      if (this.#frozen.has(name)) continue;
      const end = offset + Math.ceil((sizeOf(shape) * 4) / ALIGN) * ALIGN;
      const last = runs.at(-1);
      if (last && last.end === offset && end - last.offset <= most) last.end = end;
      else runs.push({ offset, end });
    }
    return runs.map(({ offset, end }) => ({ offset, size: (end - offset) / 4 }));
  }

  /** A range of one arena as a flat tensor. @internal */
  range(arena: Storage, { offset, size }: ArenaRange): Tensor {
    return new Tensor(this.gpu, [size], arena.part(offset, size * 4)).keep();
  }

  /** Destroys the arenas; no tensor of theirs may be used again. */
  dispose(): void {
    for (const arena of [this.values, ...this.#training]) this.gpu.pool.releasePersistent(arena);
  }
}
