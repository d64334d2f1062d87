import { writesSoFar } from "../device/index";
import { OverwrittenError } from "../errors/index";
import { backward } from "./backward";
import { type Contexts, notAwaited, type Scope, type Within } from "./context";
import { plainImages } from "./images";
import type { Layout } from "./layout";
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
  /** How input i lies, saved or not. @internal */
  layout(i: number): Layout | null;
  attrs: Attrs;
  /** Where the gradient being computed goes: its parameter's own slice of the gradient arena, or a new tensor of its dtype that lies as it does. */
  out(shape: Shape): Tensor;
  /** An intermediate shared by several inputs' gradients, computed once a node. */
  once(key: string, make: () => Tensor): Tensor;
  /** Says that nothing will read gy and the saved output again: their memory may serve what is computed next. */
  release(): void;
}

/** A value that backward will read: the tape's own handle on it, and the time it was as forward saw it. */
export class Saved {
  readonly handle: Tensor;
  readonly #at = writesSoFar();

  constructor(t: Tensor) {
    this.handle = t.alias();
    this.handle.requiresGrad = t.requiresGrad;
  }

  /** @throws OverwrittenError where it was written to since: the gradient would be another's */
  read(what: string): Tensor {
    if (this.handle.storage.writtenSince(this.#at)) throw overwritten(what, this.handle);
    return this.handle;
  }

  dispose(): void {
    this.handle.dispose();
  }
}

export const overwritten = (what: string, { shape }: Tensor): OverwrittenError =>
  new OverwrittenError(
    `backward: ${what} [${shape.join(", ")}] was written to since forward read it (write, load, copy, clear, an ` +
      "optimizer's step, running statistics): its gradient would be wrong. Write after backward, or into another tensor",
  );

/** What the tape holds of any recorded part of the forward pass. */
interface Recorded {
  inputs: readonly Tensor[];
  output: Tensor;
  /** What backward reads. */
  saved: readonly Saved[];
  /** The innermost scope it was recorded in, with which it ends. */
  scope: Scope | null;
}

/** One recorded op: who it read, what it made, and how a gradient flows back. */
export interface Node extends Recorded {
  op: string;
  /** The layer it ran in, for messages. */
  path: string;
  vjp(i: number, c: Pick<VjpContext<unknown>, "gy" | "out" | "once">): Tensor;
}

/** A part of the forward pass that backward runs again, see checkpoint.ts. */
export interface Segment extends Recorded {
  path: readonly string[];
  run(inputs: readonly Tensor[]): Tensor;
  /** @throws OverwrittenError where a leaf that it reads was written to since */
  verify(): void;
}

/** The few kernels that the engine's core itself needs; whoever opens a device hands them in, so that it imports no op. */
export interface Basics {
  /** A tensor of ones. */
  ones(like: Tensor): Tensor;
  /** to += from */
  addInto(to: Tensor, from: Tensor): void;
  /** y = x, one of them float32 and the other float16; contiguous both. */
  convert(x: Tensor, y: Tensor): Tensor;
  /** The same images without a layout, as a recorded op. */
  plain(x: Tensor): Tensor;
}

/**
 * The autograd tape: forward appends a node per op, `backward` walks in reverse those that the loss depends on, and takes
 * them off. Each node's saved tensors, incoming gradient and output are released as soon as it has been processed, so
 * memory falls while backward proceeds.
 */
export class Tape {
  #nodes: (Node | Segment)[] = [];
  #recomputing = false;
  /** Why the graph of a tensor is no longer here. */
  readonly #ends = new WeakMap<Tensor, string>();
  /** Sees every op's result and every gradient, while debugging a loss that is not finite. */
  observer: ((what: string, value: Tensor) => void) | null = null;

  constructor(
    /** @internal */
    readonly basics: Basics,
    /** @internal */
    readonly contexts: Contexts,
  ) {}

  /** Ops recorded and not yet consumed by backward. */
  get length(): number {
    return this.#nodes.length;
  }

  /** False inside `noGrad`, and while backward runs. */
  get recording(): boolean {
    return this.contexts.now.paused === 0;
  }

  /** Backward is running a checkpointed part of forward again: what an op does beside its result was done the first time. */
  get recomputing(): boolean {
    return this.#recomputing;
  }

  /** The layers now running, outermost first. */
  get path(): readonly string[] {
    return this.contexts.now.path;
  }

  /** Runs `body` without recording. @throws Error for a body that awaits */
  noGrad<T>(body: () => T): T {
    const { now } = this.contexts;
    now.paused++;
    try {
      return notAwaited("noGrad", body());
    } finally {
      now.paused--;
    }
  }

  /**
   * `noGrad` for a body that awaits; what runs meanwhile elsewhere is recorded as ever.
   * @param body in a browser, what it does after it has awaited goes through `within`, which it is given
   */
  noGradAsync<T>(body: (within: Within) => Promise<T>): Promise<T> {
    return this.contexts.fork({ paused: this.contexts.now.paused + 1 }, body);
  }

  /** Runs `body` with `name` as the innermost part of the layer path. */
  in<T>(name: string, body: () => T): T {
    const { path } = this.contexts.now;
    path.push(name);
    try {
      return notAwaited("in", body(), "a layer does not await");
    } finally {
      path.pop();
    }
  }

  /** @internal */
  push(node: Omit<Node, "scope" | "path">): void {
    this.#record({ ...node, path: this.path.join("."), scope: this.contexts.scope });
  }

  /** Records a part of the forward pass in the place of the ops that it ran. @internal */
  pushSegment(segment: Omit<Segment, "scope" | "path" | "saved">): void {
    const saved = segment.inputs.map((t) => new Saved(t));
    this.#record({ ...segment, saved, path: [...this.path], scope: this.contexts.scope });
  }

  #record(node: Node | Segment): void {
    if (node.scope) node.scope.recorded++;
    this.#nodes.push(node);
  }

  /** Shows the observer a value, contiguous whatever its layout. @internal */
  observe(what: string, value: Tensor): void {
    this.observer?.(what, plainImages(value));
  }

  /** Takes what was recorded after `mark` off the tape. @internal */
  cut(mark: number): (Node | Segment)[] {
    const nodes = this.#nodes.splice(mark);
    for (const { scope } of nodes) if (scope) scope.recorded--;
    return nodes;
  }

  /** What a scope recorded goes on in the one around it. @internal */
  pass(scope: Scope, outer: Scope | null): void {
    for (const node of this.#nodes) if (node.scope === scope) node.scope = outer;
    if (outer) outer.recorded += scope.recorded;
  }

  /** What a scope recorded ends with it. @internal */
  drop(scope: Scope): void {
    this.remove((node) => node.scope === scope, "the scope it was made in has ended");
  }

  /** Forgets some nodes, releasing what they saved. @param why the end of their graph, for a backward that comes too late. @internal */
  remove(which: (node: Node | Segment) => boolean, why: string): void {
    const removed: (Node | Segment)[] = [];
    this.#nodes = this.#nodes.filter((node) => {
      if (!which(node)) return true;
      removed.push(node);
      return false;
    });
    for (const { saved, output, scope } of removed) {
      for (const one of saved) one.dispose();
      if (scope) scope.recorded--;
      this.#ends.set(output, why);
    }
  }

  /** Why the op that made a tensor is not on the tape. @internal */
  endOf(t: Tensor): string {
    return this.#ends.get(t) ?? "it was not recorded";
  }

  /** @internal */
  get nodes(): readonly (Node | Segment)[] {
    return this.#nodes;
  }

  /** Runs `body` with recording on, in the layer that `path` names, and takes what it recorded off the tape. @internal */
  recompute(path: readonly string[], body: () => Tensor): { y: Tensor; nodes: (Node | Segment)[] } {
    const { now } = this.contexts;
    const before = { ...now, recomputing: this.#recomputing };
    Object.assign(now, { paused: 0, path: [...path] });
    this.#recomputing = true;
    const mark = this.#nodes.length;
    try {
      return { y: body(), nodes: this.cut(mark) };
    } finally {
      Object.assign(now, { paused: before.paused, path: before.path });
      this.#recomputing = before.recomputing;
    }
  }

  /**
   * Gradients of `loss` by every leaf that requires one, added into `leaf.grad`. Consumes the graph of `loss` and whatever
   * hangs on a part of it, also after an error: several losses on one graph are added up first.
   * @param seed gradient of `loss` itself; ones by default, which needs a loss of one element.
   * @throws ReleasedError when the graph, or part of it, is gone (an earlier backward, the end of its scope);
   *   OverwrittenError when a value that a gradient depends on was written to since forward
   */
  backward(loss: Tensor, seed?: Tensor): void {
    backward(this, loss, seed);
  }
}
