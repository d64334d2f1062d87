import { DtypeError, ReleasedError, ShapeError } from "./errors";
import type { Shape, Tensor } from "./tensor";

/** What an op's vjp sees of its node. */
export interface VjpContext<Attrs> {
  /** Gradient of the loss by the op's output. */
  gy: Tensor;
  /** The saved inputs; reading one the op did not declare in `saves` throws. */
  input(i: number): Tensor;
  /** The saved output. */
  output(): Tensor;
  /** Every input's shape, saved or not. */
  shapes: readonly Shape[];
  attrs: Attrs;
  /** Where the gradient being computed goes: its parameter's own slice of the gradient arena, or a new tensor of its dtype. */
  out(shape: Shape): Tensor;
  /** An intermediate shared by several inputs' gradients, computed once a node. */
  once(key: string, make: () => Tensor): Tensor;
  /** Says that nothing will read gy and the saved output again: their memory may serve what is computed next. */
  release(): void;
}

/** A part of the forward pass that backward runs again, see checkpoint.ts. */
interface Segment {
  path: readonly string[];
  inputs: readonly Tensor[];
  output: Tensor;
  /** The tape's own handles on the inputs. */
  saved: readonly Tensor[];
  run(inputs: readonly Tensor[]): Tensor;
}

/** One recorded op: who it read, what it made, and how a gradient flows back. */
interface Node {
  op: string;
  /** The layer it ran in, for messages. */
  path: string;
  inputs: readonly Tensor[];
  output: Tensor;
  /** Handles of the tape's own on what backward reads. */
  saved: readonly Tensor[];
  vjp(i: number, c: Pick<VjpContext<unknown>, "gy" | "out" | "once">): Tensor;
}

/** Ops used by the tape itself; handed in by the ops' side so that the engine's core does not import them. */
export interface TapeOps {
  ones(like: Tensor): Tensor;
  /** to += from */
  addInto(to: Tensor, from: Tensor): void;
}

/**
 * The autograd tape: forward appends a node per op, `backward` walks it in reverse. Each node's saved tensors, incoming
 * gradient and output are released as soon as it has been processed, so memory falls while backward proceeds.
 */
export class Tape {
  #nodes: (Node | Segment)[] = [];
  #paused = 0;
  /** The layer now running; modules push and pop their names. */
  readonly path: string[] = [];
  /** Sees every op's result and every gradient, while debugging a loss that is not finite. */
  observer: ((what: string, value: Tensor) => void) | null = null;

  constructor(
    /** @internal */
    readonly ops: TapeOps,
  ) {}

  /** Ops recorded and not yet consumed by backward. */
  get length(): number {
    return this.#nodes.length;
  }

  /** False inside `noGrad`, and while backward runs. */
  get recording(): boolean {
    return this.#paused === 0;
  }

  /** Runs `body` without recording. */
  noGrad<T>(body: () => T): T {
    this.#paused++;
    try {
      return body();
    } finally {
      this.#paused--;
    }
  }

  /** `noGrad` for a body that awaits. */
  async noGradAsync<T>(body: () => Promise<T>): Promise<T> {
    this.#paused++;
    try {
      return await body();
    } finally {
      this.#paused--;
    }
  }

  /** Runs `body` with `name` as the innermost part of the layer path. */
  in<T>(name: string, body: () => T): T {
    this.path.push(name);
    try {
      return body();
    } finally {
      this.path.pop();
    }
  }

  /** @internal */
  push(node: Node): void {
    this.#nodes.push(node);
  }

  /** Records a part of the forward pass in the place of the ops that it ran. @internal */
  pushSegment(inputs: readonly Tensor[], output: Tensor, run: Segment["run"]): void {
    const saved = inputs.map((t) => {
      const view = t.view();
      view.requiresGrad = t.requiresGrad;
      return view;
    });
    this.#nodes.push({ path: [...this.path], inputs, output, saved, run });
  }

  /** Forgets every node after `mark`, releasing what it saved. */
  truncate(mark: number): void {
    for (const node of this.#nodes.splice(mark)) for (const t of node.saved) t.dispose();
  }

  /**
   * Gradients of `loss` by every leaf that requires one, added into `leaf.grad`. Consumes the whole tape, also after an
   * error: several losses on one graph are added up first.
   * @param seed gradient of `loss` itself; ones by default, which needs a loss of one element.
   * @throws ReleasedError when the graph is gone (an earlier backward, the end of its scope)
   */
  backward(loss: Tensor, seed?: Tensor): void {
    const { ops } = this;
    if (!loss.requiresGrad) throw new ShapeError("backward", "the loss depends on nothing that requires a gradient");
    if (!seed && loss.size !== 1) throw new ShapeError("backward", "needs a scalar loss or a seed", [loss.shape]);
    if (seed && seed.size !== loss.size)
      throw new ShapeError("backward", "seed and loss differ", [seed.shape, loss.shape]);
    if (!this.#nodes.some((node) => node.output === loss)) {
      throw new ReleasedError(
        "backward: the op that made the loss is no longer recorded (backward ran, or its scope ended)",
      );
    }
    const gradients = new Map<number, Tensor>([[loss.id, seed?.view() ?? this.noGrad(() => ops.ones(loss))]]);
    try {
      this.noGrad(() => {
        for (let node = this.#nodes.at(-1); node; node = this.#nodes.at(-1)) {
          if ("run" in node) {
            this.#expand(node, gradients);
          } else {
            this.#backInto(node, gradients, ops);
            this.truncate(this.#nodes.length - 1);
          }
          if (!node.output.kept && node.output !== loss) node.output.dispose();
        }
      });
    } finally {
      this.truncate(0);
      for (const g of gradients.values()) g.dispose();
    }
  }

  /**
   * Puts the ops that a segment ran in its place, by running it again. They name the segment's own inputs and take its
   * output's gradient, so that backward goes on as if they had been there from the start, and adds up in the same order.
   */
  #expand(segment: Segment, gradients: Map<number, Tensor>): void {
    const { path, inputs, output, saved, run } = segment;
    this.#nodes.pop();
    try {
      const gy = gradients.get(output.id);
      if (!gy) return;
      const mark = this.#nodes.length;
      const y = this.#asRecorded(path, () => gy.gpu.scope(() => run(saved)));
      const original = (t: Tensor) => inputs[saved.indexOf(t)] ?? t;
      for (const node of this.#nodes.slice(mark)) node.inputs = node.inputs.map(original);
      gradients.delete(output.id);
      gradients.set(y.id, gy);
    } finally {
      for (const t of saved) t.dispose();
    }
  }

  /** Runs `body` with recording on, in the layer that `path` names. */
  #asRecorded<T>(path: readonly string[], body: () => T): T {
    const [paused, before] = [this.#paused, [...this.path]];
    this.#paused = 0;
    this.path.splice(0, before.length, ...path);
    try {
      return body();
    } finally {
      this.#paused = paused;
      this.path.splice(0, this.path.length, ...before);
    }
  }

  /** Passes the gradient of a node's output, where there is one, on to its inputs. */
  #backInto(node: Node, gradients: Map<number, Tensor>, ops: TapeOps): void {
    const gy = gradients.get(node.output.id);
    if (!gy) return;
    for (const [input, g] of gy.gpu.scope(() => this.#differentiate(node, gy))) {
      this.observer?.(`gradient of ${node.op} in ${node.path}`, g);
      this.#accumulate(gradients, input, g, ops);
    }
    gradients.delete(node.output.id);
    gy.dispose();
  }

  #differentiate(node: Node, gy: Tensor): [Tensor, Tensor][] {
    const { gpu } = gy;
    const shared = new Map<string, Tensor>();
    const once = (key: string, make: () => Tensor): Tensor => {
      const value = shared.get(key) ?? make();
      shared.set(key, value);
      return value;
    };
    const pairs: [Tensor, Tensor][] = [];
    node.inputs.forEach((input, i) => {
      if (!input.requiresGrad) return;
      // An input that occurs twice (mul(x, x)) has two gradients to add, so neither may take the slot.
      const alone = node.inputs.indexOf(input) === node.inputs.lastIndexOf(input);
      const out = (shape: Shape) => (alone && takeGradSlot(input)) || gpu.empty(shape, input.dtype);
      const g = node.vjp(i, { gy, out, once });
      if (g.shape.join() !== input.shape.join()) {
        throw new ShapeError(node.op, `vjp of input ${i} has the wrong shape`, [g.shape, input.shape]);
      }
      if (g.dtype !== input.dtype) throw new DtypeError(node.op, `vjp of input ${i} is ${g.dtype}, not ${input.dtype}`);
      pairs.push([input, g]);
    });
    return pairs;
  }

  #accumulate(gradients: Map<number, Tensor>, input: Tensor, g: Tensor, ops: TapeOps): void {
    const slot = input.grad;
    if (slot) {
      if (g.storage !== slot.storage) {
        if (input.gradIsFresh) slot.gpu.copy(g, slot);
        else ops.addInto(slot, g);
      }
      input.gradIsFresh = false;
      g.dispose();
      return;
    }
    if (input.isLeaf) {
      input.grad = exclusive(g).keep();
      g.dispose();
      return;
    }
    const sum = gradients.get(input.id);
    if (!sum) {
      gradients.set(input.id, g);
      return;
    }
    // A gradient that is shared (a view of another op's gy) must not be changed in place.
    let target = sum;
    if (sum.storage.refs > 1) {
      target = g.gpu.empty(sum.shape, sum.dtype);
      g.gpu.copy(sum, target);
      sum.dispose();
      gradients.set(input.id, target);
    }
    ops.addInto(target, g);
    target.rectified = sum.rectified && g.rectified;
    g.dispose();
  }
}

/** A handle on g's values that nobody else holds: a gradient shared with another tensor's must not be added into. */
function exclusive(g: Tensor): Tensor {
  if (g.storage.refs === 1) return g.view();
  const copy = g.gpu.empty(g.shape, g.dtype);
  g.gpu.copy(g, copy);
  return copy;
}

/** A parameter's own gradient slice, for the first gradient of a step; null when a sum must be formed. */
function takeGradSlot(leaf: Tensor): Tensor | null {
  if (!leaf.grad || !leaf.gradIsFresh) return null;
  return leaf.gpu.track(leaf.grad.view());
}
