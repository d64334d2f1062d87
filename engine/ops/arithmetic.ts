import { kernels } from "../../kernels/index";
import { coordinates, mapNd, type Nd, nd, ramp } from "../nd";
import type { Shape, Tensor } from "../tensor";
import { broadcastShape, broadcastStrides, sumTo } from "./broadcast";
import { perElement, perFour } from "./launch";
import { defineOp, type NoAttrs, type Op, type OpSpec, type Sample, type Saves, sameShape } from "./op";
import { planWalk } from "./walk";

/** Which `OP` of kernels/binary.wgsl. */
const ADD = 0;
const SUB = 1;
export const MUL = 2;
const DIV = 3;

/** y = a `op` b, outside the tape; a and b broadcast to y's shape. */
export function binary(op: number, a: Tensor, b: Tensor, y: Tensor): Tensor {
  if (sameShape(a.shape, y.shape) && sameShape(b.shape, y.shape)) {
    return perFour(kernels.binary, y, { params: { OP: op, FLAT: 1 }, bindings: { a, b } });
  }
  const [aStrides, bStrides] = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
  const { params, uniforms } = planWalk("binary", y.shape, aStrides, bStrides);
  return perElement(kernels.binary, y, { params: { OP: op, FLAT: 0, ...params }, uniforms, bindings: { a, b } });
}

/** A gradient that passes through unchanged: gy itself where the shapes agree, else its sum over the repeated axes. */
const passThrough = (gy: Tensor, shape: Shape, out: (shape: Shape) => Tensor): Tensor =>
  sameShape(gy.shape, shape) ? gy.view() : sumTo(gy, out(shape));

/** `factor` times a `op` b, summed over the axes along which `shape` had been repeated. */
function throughBinary(op: number, a: Tensor, b: Tensor, shape: Shape, out: (shape: Shape) => Tensor, factor = 1) {
  const full = broadcastShape("binary", a.shape, b.shape);
  if (sameShape(full, shape) && factor === 1) return binary(op, a, b, out(shape));
  return sumTo(binary(op, a, b, a.gpu.empty(full)), out(shape), factor);
}

function defineBinary(
  name: string,
  op: number,
  f: (a: number, b: number) => number,
  vjp: OpSpec<NoAttrs>["vjp"],
  saves: Saves = {},
): Op<NoAttrs> {
  return defineOp<NoAttrs>({
    name,
    shape: ([a, b]) => broadcastShape(name, a, b),
    forward: (_, [a, b], y) => void binary(op, a, b, y),
    saves,
    vjp,
    reference: ([a, b]) => broadcastReference(a, b, f),
    samples: broadcastSamples,
    badShapes: [
      { shapes: [[3], [4]], attrs: {} },
      { shapes: [[2, 3], [2]], attrs: {} },
    ],
  });
}

/** a + b, with NumPy's broadcasting. */
export const addOp = defineBinary(
  "add",
  ADD,
  (a, b) => a + b,
  (_, i, { gy, shapes, out }) => passThrough(gy, shapes[i], out),
);

/** a - b, with NumPy's broadcasting. */
export const subOp = defineBinary(
  "sub",
  SUB,
  (a, b) => a - b,
  (_, i, { gy, shapes, out }) => (i === 0 ? passThrough(gy, shapes[0], out) : sumTo(gy, out(shapes[1]), -1)),
);

/** a * b, with NumPy's broadcasting. */
export const mulOp = defineBinary(
  "mul",
  MUL,
  (a, b) => a * b,
  (_, i, { gy, input, shapes, out }) => throughBinary(MUL, gy, input(1 - i), shapes[i], out),
  { inputs: [0, 1] },
);

/** a / b, with NumPy's broadcasting. d/da = gy / b, d/db = -gy y / b. */
export const divOp = defineBinary(
  "div",
  DIV,
  (a, b) => a / b,
  (gpu, i, { gy, input, output, shapes, out }) =>
    i === 0
      ? throughBinary(DIV, gy, input(1), shapes[0], out)
      : throughBinary(DIV, binary(MUL, gy, output(), gpu.empty(gy.shape)), input(1), shapes[1], out, -1),
  { inputs: [1], output: true },
);

function broadcastReference(a: Nd, b: Nd, f: (a: number, b: number) => number): Nd {
  const y = nd(broadcastShape("reference", a.shape, b.shape));
  const [as, bs] = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
  const at = (where: number[], strides: number[]) => where.reduce((sum, c, d) => sum + c * strides[d], 0);
  return mapNd(y, (_, i) => {
    const where = coordinates(y.shape, i);
    return f(a.data[at(where, as)], b.data[at(where, bs)]);
  });
}

function broadcastSamples(): Sample<NoAttrs>[] {
  const pairs: [Shape, Shape][] = [
    [
      [2, 3, 5],
      [2, 3, 5],
    ],
    [
      [2, 3, 4, 5],
      [3, 1, 1],
    ],
    [[7], []],
    [
      [3, 1, 2],
      [1, 4, 1],
    ],
    [
      [2, 1, 3, 1, 2, 1],
      [1, 2, 1, 2, 1, 3],
    ],
    [[1], [2, 1, 3]],
  ];
  // b stays clear of 0, where a quotient's finite differences would not hold.
  return pairs.map(([a, b]) => ({ inputs: [ramp(a, -1, 1, 1), ramp(b, 0.5, 2, 2)], attrs: {} }));
}

export interface AffineAttrs {
  factor: number;
  offset: number;
}

/** y = factor * x + offset with constants, which are part of the op: one that changes every step is a tensor for `mul`. */
export const affineOp = defineOp<AffineAttrs>({
  name: "affine",
  shape: ([x]) => x,
  forward: (_, [x], y, attrs) => void affine(x, y, attrs),
  vjp: (_, __, { gy, attrs, out }) => affine(gy, out(gy.shape), { factor: attrs.factor, offset: 0 }),
  reference: ([x], { factor, offset }) => mapNd(x, (v) => factor * v + offset),
  samples: () => [
    { inputs: [ramp([3, 5])], attrs: { factor: -2.5, offset: 0.75 } },
    { inputs: [ramp([])], attrs: { factor: 0.1, offset: 0 } },
  ],
});

/** y = factor * x + offset, outside the tape. */
export function affine(x: Tensor, y: Tensor, { factor, offset }: AffineAttrs): Tensor {
  return perFour(kernels.affine, y, { uniforms: { factor, offset }, bindings: { x } });
}

/** a + b, with NumPy's broadcasting. @throws ShapeError */
export const add = (a: Tensor, b: Tensor): Tensor => addOp.apply([a, b], {});
/** a - b, with NumPy's broadcasting. @throws ShapeError */
export const sub = (a: Tensor, b: Tensor): Tensor => subOp.apply([a, b], {});
/** a * b elementwise, with NumPy's broadcasting. @throws ShapeError */
export const mul = (a: Tensor, b: Tensor): Tensor => mulOp.apply([a, b], {});
/** a / b, with NumPy's broadcasting. @throws ShapeError */
export const div = (a: Tensor, b: Tensor): Tensor => divOp.apply([a, b], {});
/** factor * x */
export const scale = (x: Tensor, factor: number): Tensor => affineOp.apply([x], { factor, offset: 0 });
/** x + offset */
export const addScalar = (x: Tensor, offset: number): Tensor => affineOp.apply([x], { factor: 1, offset });
/** -x */
export const neg = (x: Tensor): Tensor => scale(x, -1);
