import { kernels } from "../../kernels/index";
import { defineOp, type NoAttrs, type Op, type Shape, sameShape, Tensor } from "../core/index";
import { type AffineAttrs, affineOp } from "./affine";
import { broadcastShape, sumTo } from "./broadcast";
import { apply, type Operand } from "./operands";
import { broadcasting, pairwise } from "./pairs";

/** Which `OP` of kernels/binary.wgsl. */
const ADD = 0;
const SUB = 1;
export const MUL = 2;
export const DIV = 3;

/** y = a `op` b, outside the tape; a and b broadcast to y's shape. */
export const binary = (op: number, a: Tensor, b: Tensor, y: Tensor): Tensor =>
  pairwise(kernels.binary, { OP: op }, { a, b }, y);

/** A gradient that passes through unchanged: gy itself where the shapes agree, else its sum over the repeated axes. */
const passThrough = (gy: Tensor, shape: Shape, out: (shape: Shape) => Tensor): Tensor =>
  sameShape(gy.shape, shape) ? gy.view() : sumTo(gy, out(shape));

/** `factor` times a `op` b, summed over the axes along which `shape` had been repeated. */
function throughBinary(op: number, a: Tensor, b: Tensor, shape: Shape, out: (shape: Shape) => Tensor, factor = 1) {
  const full = broadcastShape("binary", a.shape, b.shape);
  if (sameShape(full, shape) && factor === 1) return binary(op, a, b, out(shape));
  return sumTo(binary(op, a, b, a.gpu.empty(full)), out(shape), factor);
}

/** a + b, with NumPy's broadcasting. */
export const addOp = defineOp<NoAttrs>({
  ...broadcasting("add", kernels.binary, { OP: ADD }, (a, b) => a + b),
  vjp: (_, i, { gy, shapes, out }) => passThrough(gy, shapes[i], out),
});

/** a - b, with NumPy's broadcasting. */
export const subOp = defineOp<NoAttrs>({
  ...broadcasting("sub", kernels.binary, { OP: SUB }, (a, b) => a - b),
  vjp: (_, i, { gy, shapes, out }) => (i === 0 ? passThrough(gy, shapes[0], out) : sumTo(gy, out(shapes[1]), -1)),
});

/** a * b, with NumPy's broadcasting. */
export const mulOp = defineOp<NoAttrs>({
  ...broadcasting("mul", kernels.binary, { OP: MUL }, (a, b) => a * b),
  saves: { inputs: [0, 1] },
  vjp: (_, i, { gy, input, shapes, out }) => throughBinary(MUL, gy, input(1 - i), shapes[i], out),
});

/** a / b, with NumPy's broadcasting. d/da = gy / b, d/db = -gy y / b. */
export const divOp = defineOp<NoAttrs>({
  ...broadcasting("div", kernels.binary, { OP: DIV }, (a, b) => a / b),
  saves: { inputs: [1], output: true },
  vjp: (gpu, i, { gy, input, output, shapes, out }) =>
    i === 0
      ? throughBinary(DIV, gy, input(1), shapes[0], out)
      : throughBinary(DIV, binary(MUL, gy, output(), gpu.empty(gy.shape)), input(1), shapes[1], out, -1),
});

/** An op of two operands; where one is a number, the affine function of the other that has the same bits. */
function linear(
  op: Op<NoAttrs>,
  a: Operand,
  b: Operand,
  ofFirst: (b: number) => AffineAttrs,
  ofSecond: (a: number) => AffineAttrs,
): Tensor {
  if (a instanceof Tensor && typeof b === "number") return affineOp.apply([a], ofFirst(b));
  if (typeof a === "number" && b instanceof Tensor) return affineOp.apply([b], ofSecond(a));
  return apply(op, [a, b], {});
}

// A negative zero for offset changes no bit of the product, a zero would that of -0.
const plus = (offset: number): AffineAttrs => ({ factor: 1, offset });
const times = (factor: number): AffineAttrs => ({ factor, offset: -0 });

/** a + b, with NumPy's broadcasting; one of them may be a number. @throws ShapeError */
export const add = (a: Operand, b: Operand): Tensor => linear(addOp, a, b, plus, plus);
/** a - b, with NumPy's broadcasting; one of them may be a number. @throws ShapeError */
export const sub = (a: Operand, b: Operand): Tensor =>
  linear(
    subOp,
    a,
    b,
    (number) => plus(-number),
    (number) => ({ factor: -1, offset: number }),
  );
/** a * b elementwise, with NumPy's broadcasting; one of them may be a number. @throws ShapeError */
export const mul = (a: Operand, b: Operand): Tensor => linear(mulOp, a, b, times, times);
/** a / b, with NumPy's broadcasting; one of them may be a number. @throws ShapeError */
export const div = (a: Operand, b: Operand): Tensor => apply(divOp, [a, b], {});
/** factor * x */
export const scale = (x: Tensor, factor: number): Tensor => affineOp.apply([x], times(factor));
/** x + offset */
export const addScalar = (x: Tensor, offset: number): Tensor => affineOp.apply([x], plus(offset));
/** -x */
export const neg = (x: Tensor): Tensor => scale(x, -1);
