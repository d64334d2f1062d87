import { type Gpu, Tensor } from "../core/index";
import { DtypeError } from "../errors/index";

/** One tensor to be updated, and what the optimizer keeps of it. */
export interface Update {
  /** Its place in the list. */
  index: number;
  p: Tensor;
  g: Tensor;
  /** As many as were asked for, of p's shape, zeros at first. */
  state: readonly Tensor[];
}

/** The tensors that an optimizer trains. They are the caller's own; gradients that they lack, and the state, are the optimizer's. */
export class Leaves {
  readonly gpu: Gpu;
  readonly #tensors: readonly Tensor[];
  readonly #state: readonly (readonly Tensor[])[];
  readonly #gradients: Tensor[] = [];

  /**
   * @param of the optimizer, for messages
   * @param states how many tensors of its shape go with each
   * @throws Error for what cannot be trained
   */
  constructor(of: string, tensors: readonly Tensor[], states: number) {
    check(of, tensors);
    this.gpu = tensors[0].gpu;
    this.#tensors = [...tensors];
    this.#state = tensors.map(({ shape }) => Array.from({ length: states }, () => this.gpu.zeros(shape).keep()));
    for (const t of tensors) {
      t.requiresGrad = true;
      if (t.grad) continue;
      t.grad = this.gpu.zeros(t.shape).keep();
      t.gradIsFresh = true;
      this.#gradients.push(t.grad);
    }
  }

  /** How many there are. */
  get count(): number {
    return this.#tensors.length;
  }

  /** Clears all gradients. A tensor that then gets none is left out of updates. */
  zeroGrad(): void {
    for (const t of this.#tensors) {
      if (!t.grad) continue;
      this.gpu.clear(t.grad);
      t.gradIsFresh = true;
    }
  }

  /** Those for which a gradient came since `zeroGrad`. */
  updates(): Update[] {
    return this.#tensors.flatMap((p, index) => {
      const g = p.grad;
      return g && !p.gradIsFresh ? [{ index, p, g, state: this.#state[index] }] : [];
    });
  }

  /** Releases the state, and the gradients that were made here. */
  dispose(): void {
    for (const t of this.#tensors) if (t.grad && this.#gradients.includes(t.grad)) t.grad = null;
    for (const t of [...this.#gradients, ...this.#state.flat()]) t.dispose();
  }
}

function check(of: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new TypeError(`${of}: takes a list of tensors, one at least`);
  for (const [i, t] of tensors.entries()) {
    if (!(t instanceof Tensor)) throw new TypeError(`${of}: item ${i} is no tensor`);
    t.assertLive();
    const what = `${of}: tensor ${i}, [${t.shape.join(", ")}],`;
    if (!t.isLeaf) throw new Error(`${what} was made by an op: leaves alone are trained`);
    if (t.dtype !== "f32")
      throw new DtypeError(of, `tensor ${i} is ${t.dtype}; float32 is trained, and cast where it is used`);
    if (t.layout) throw new Error(`${what} does not lie contiguously: copy it into a tensor that does`);
    if (t.gpu !== tensors[0].gpu) throw new Error(`${what} is on another device than the first`);
    if (tensors.indexOf(t) < i) throw new Error(`${what} is in the list twice`);
  }
}
