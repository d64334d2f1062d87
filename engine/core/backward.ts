import { DtypeError, ReleasedError, ShapeError } from "../errors/index";
import { sameLayout } from "./layout";
import type { Node, Segment, Tape } from "./tape";
import type { Shape, Tensor } from "./tensor";

/** See Tape.backward. */
export function backward(tape: Tape, loss: Tensor, seed?: Tensor): void {
  if (!loss.requiresGrad) throw new ShapeError("backward", "the loss depends on nothing that requires a gradient");
  if (!seed && loss.size !== 1) throw new ShapeError("backward", "needs a scalar loss or a seed", [loss.shape]);
  if (seed && seed.size !== loss.size) {
    throw new ShapeError("backward", "seed and loss differ", [seed.shape, loss.shape]);
  }
  const graph = graphOf(tape, loss);
  const first = tape.noGrad(() => lyingAs(loss, seed?.view(loss.shape) ?? tape.basics.ones(loss)));
  const gradients = new Map([[loss, first]]);
  const pass = new Pass(tape, loss, gradients);
  try {
    tape.noGrad(() => pass.run(graph));
  } finally {
    pass.release();
    consume(tape, new Set(graph), loss);
  }
}

/**
 * The recorded nodes that a loss depends on, the last first.
 * @throws GraphError where one is missing: its gradient would be lost without a word
 */
function graphOf(tape: Tape, loss: Tensor): (Node | Segment)[] {
  const wanted = new Set([loss]);
  const graph: (Node | Segment)[] = [];
  for (let at = tape.nodes.length - 1; at >= 0 && wanted.size > 0; at--) {
    const node = tape.nodes[at];
    if (!wanted.delete(node.output)) continue;
    graph.push(node);
    for (const input of node.inputs) if (input.requiresGrad && !input.isLeaf) wanted.add(input);
  }
  for (const t of wanted) {
    if (t === loss && t.isLeaf) continue;
    const what =
      t === loss ? "the loss" : `a tensor that the loss depends on, [${t.shape.join(", ")}] made by ${t.op},`;
    throw new ReleasedError(
      `backward: the graph of ${what} is no longer recorded: ${tape.endOf(t)}. Add up losses that share a graph before ` +
        "one backward, or detach() what they share",
    );
  }
  return graph;
}

/** Takes the graph off the tape, and with it what hangs on it and can have no gradient any more. */
function consume(tape: Tape, graph: ReadonlySet<Node | Segment>, loss: Tensor): void {
  const ended = new Set([...graph].map((node) => node.output));
  const hanging = (node: Node | Segment) => node.inputs.some((input) => input.requiresGrad && ended.has(input));
  tape.remove((node) => {
    if (!graph.has(node) && !hanging(node)) return false;
    ended.add(node.output);
    if (!node.output.kept && node.output !== loss) node.output.dispose();
    return true;
  }, "an earlier backward has consumed it");
}

/** One walk back along a graph. */
class Pass {
  constructor(
    readonly tape: Tape,
    readonly loss: Tensor,
    /** Of tensors whose nodes are still to come. */
    readonly gradients: Map<Tensor, Tensor>,
  ) {}

  /** @param graph the nodes, the last first */
  run(graph: readonly (Node | Segment)[]): void {
    if (this.loss.isLeaf) this.#accumulate(this.loss, this.#take(this.loss));
    for (const node of graph) this.#pass(node);
  }

  /** Passes the gradient of a node's output on, and releases what the node held for that. */
  #pass(node: Node | Segment): void {
    // A checkpoint that does not use one of its inputs has no gradient for it.
    if (this.gradients.has(node.output)) {
      if ("run" in node) this.#runAgain(node);
      else this.#backInto(node);
    }
    for (const one of node.saved) one.dispose();
    if (!node.output.kept && node.output !== this.loss) node.output.dispose();
  }

  /** Lets go of the gradients that an error has left. */
  release(): void {
    for (const g of this.gradients.values()) g.dispose();
  }

  #take(t: Tensor): Tensor {
    const g = this.gradients.get(t) as Tensor;
    this.gradients.delete(t);
    return g;
  }

  /**
   * Runs a segment again and walks back along the ops that it runs. They name the segment's own inputs and take its
   * output's gradient, so that backward goes on as if they had been there from the start, and adds up in the same order.
   */
  #runAgain(segment: Segment): void {
    const { path, inputs, output, saved, run } = segment;
    const given = saved.map((one, i) => one.read(`input ${i} of a checkpoint`));
    segment.verify();
    const { y, nodes } = this.tape.recompute(path, () => output.gpu.scope(() => run(given)));
    const original = (t: Tensor) => inputs[given.indexOf(t)] ?? t;
    for (const node of nodes) node.inputs = node.inputs.map(original);
    this.gradients.set(y, this.#take(output));
    try {
      for (const node of nodes.reverse()) this.#pass(node);
    } finally {
      for (const node of nodes) for (const one of node.saved) one.dispose();
    }
  }

  /** Passes the gradient of a node's output on to its inputs. */
  #backInto(node: Node): void {
    const gy = this.gradients.get(node.output) as Tensor;
    for (const [input, g] of gy.gpu.scope(() => this.#differentiate(node, gy))) {
      if (this.tape.observer) this.tape.observe(`gradient of ${node.op} in ${node.path}`, g);
      this.#accumulate(input, g);
    }
    this.gradients.delete(node.output);
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
      const out = (shape: Shape) => (alone && takeGradSlot(input)) || gpu.empty(shape, input.dtype, input.layout);
      const g = node.vjp(i, { gy, out, once });
      if (g.shape.join() !== input.shape.join()) {
        throw new ShapeError(node.op, `vjp of input ${i} has the wrong shape`, [g.shape, input.shape]);
      }
      if (g.dtype !== input.dtype) throw new DtypeError(node.op, `vjp of input ${i} is ${g.dtype}, not ${input.dtype}`);
      pairs.push([input, g]);
    });
    return pairs;
  }

  #accumulate(input: Tensor, given: Tensor): void {
    const { basics } = this.tape;
    const g = lyingAs(input, given);
    const slot = input.grad;
    if (slot) {
      if (g.storage !== slot.storage) {
        if (input.gradIsFresh) slot.gpu.copy(g, slot);
        else basics.addInto(slot, g);
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
    const sum = this.gradients.get(input);
    if (!sum) {
      this.gradients.set(input, g);
      return;
    }
    // A gradient that is shared (a view of another op's gy) must not be changed in place.
    let target = sum;
    if (sum.storage.refs > 1) {
      target = g.gpu.empty(sum.shape, sum.dtype, sum.layout);
      g.gpu.copy(sum, target);
      sum.dispose();
      this.gradients.set(input, target);
    }
    basics.addInto(target, g);
    target.rectified = sum.rectified && g.rectified;
    g.dispose();
  }
}

/** A gradient of t that lies as t does, which its readers and those who add to it rely on: g itself, or a copy in its stead. */
function lyingAs(t: Tensor, g: Tensor): Tensor {
  if (sameLayout(g.layout, t.layout)) return g;
  const copy = g.gpu.empty(t.shape, g.dtype, t.layout);
  g.gpu.copy(g, copy);
  copy.rectified = g.rectified;
  g.dispose();
  return copy;
}

/** A handle on g's values that nobody else holds: a gradient shared with another tensor's must not be added into. */
function exclusive(g: Tensor): Tensor {
  if (g.storage.refs === 1) return g.view();
  const copy = g.gpu.empty(g.shape, g.dtype, g.layout);
  g.gpu.copy(g, copy);
  return copy;
}

/** A parameter's own gradient slice, for the first gradient of a step; null when a sum must be formed, or a copy made. */
function takeGradSlot(leaf: Tensor): Tensor | null {
  if (!leaf.grad || !leaf.gradIsFresh || !sameLayout(leaf.grad.layout, leaf.layout)) return null;
  return leaf.gpu.track(leaf.grad.view());
}
