import { type Op, Tensor } from "../core/index";
import { fill } from "./basics";

/** A tensor, or a number, which stands for a tensor of shape [] that holds it. */
export type Operand = Tensor | number;

/**
 * Applies an op to operands, of which some may be numbers: each is a tensor for the while of the call, filled on the GPU, so that
 * it can be captured.
 * @throws Error where there is no tensor among them
 */
export function apply<Attrs>(op: Op<Attrs>, operands: readonly Operand[], attrs: Attrs): Tensor {
  const like = operands.find((operand) => typeof operand !== "number");
  if (!(like instanceof Tensor)) throw new Error(`${op.name}: one of its operands at least is a tensor`);
  const made: Tensor[] = [];
  const constant = (value: number): Tensor => {
    const t = like.gpu.empty([]);
    made.push(t);
    fill(t, value);
    return t;
  };
  try {
    return op.apply(
      operands.map((operand) => (typeof operand === "number" ? constant(operand) : operand)),
      attrs,
    );
  } finally {
    for (const t of made) t.dispose();
  }
}
