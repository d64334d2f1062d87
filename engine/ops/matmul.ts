import { kernels } from "../../kernels/index";
import {
  coordinates,
  defineOp,
  mapNd,
  type NoAttrs,
  nd,
  perElement,
  planWalk,
  ramp,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
} from "../core/index";
import { ShapeError } from "../errors/index";
import { broadcastShape, broadcastStrides, sumTo } from "./broadcast";
import { sumMiddle } from "./reduction";

/** Side of the tile one invocation computes; kernels/matmul.wgsl has it written out. */
const TILE = 4;

/** Products that are added in a row at most. */
const LONGEST_CHAIN = 1024;

/** Partial sums for one result, of a depth so long: chains as short as there is memory for, 16 MiB. */
const sharesOf = (depth: number, results: number): number =>
  Math.max(1, Math.min(Math.ceil(depth / LONGEST_CHAIN), Math.floor((1 << 22) / Math.max(1, results))));

/** The batch axes and the two of the matrix. */
const split = (shape: Shape) => ({ batch: shape.slice(0, -2), matrix: shape.slice(-2) });

function productShape(op: string, a: Shape, b: Shape): number[] {
  if (a.length < 2 || b.length < 2) throw new ShapeError(op, "needs matrices", [a, b]);
  const [left, right] = [split(a), split(b)];
  if (left.matrix[1] !== right.matrix[0]) throw new ShapeError(op, "inner sizes differ", [a, b]);
  return [...broadcastShape(op, left.batch, right.batch), left.matrix[0], right.matrix[1]];
}

/** y = a b, either of them transposed (its last two axes swapped) where asked; batch axes broadcast to y's. */
function multiply(a: Tensor, b: Tensor, y: Tensor, transposeA = false, transposeB = false): Tensor {
  const { batch, matrix } = split(y.shape);
  const [rows, columns] = matrix;
  const operand = (t: Tensor, transposed: boolean) => {
    const own = split(t.shape);
    const [, width] = own.matrix;
    return {
      batch: broadcastStrides(own.batch, batch).map((s) => s * sizeOf(own.matrix)),
      row: transposed ? 1 : width,
      column: transposed ? width : 1,
    };
  };
  const [left, right] = [operand(a, transposeA), operand(b, transposeB)];
  const { params, uniforms } = planWalk("matmul", batch, left.batch, right.batch);
  const depth = a.shape[a.shape.length - (transposeA ? 2 : 1)];
  const shares = sharesOf(depth, y.size);
  const sums = shares === 1 ? y : y.gpu.empty([sizeOf(batch), shares, rows, columns]);
  perElement(kernels.matmul, sums, {
    params,
    counter: "count",
    count: sizeOf(batch) * shares * Math.ceil(rows / TILE) * Math.ceil(columns / TILE),
    uniforms: {
      rows,
      columns,
      depth,
      shares,
      share: Math.ceil(depth / shares),
      aRow: left.row,
      aColumn: left.column,
      bRow: right.row,
      bColumn: right.column,
      ...uniforms,
    },
    bindings: { a, b },
  });
  return shares === 1 ? y : sumMiddle(sums, sizeOf(batch), shares, rows * columns, y);
}

/** A batch of matrices seen as one tall matrix: what multiplies all of them by the same one. */
const stacked = (t: Tensor): Tensor => t.gpu.track(t.view([sizeOf(t.shape.slice(0, -1)), t.shape[t.shape.length - 1]]));

/**
 * Matrix product [..., M, K] x [..., K, N] = [..., M, N]; batch axes broadcast. d/da = gy b', d/db = a' gy (transposes),
 * summed over the batch axes along which an operand was repeated.
 */
export const matmulOp = defineOp<NoAttrs>({
  name: "matmul",
  shape: ([a, b]) => productShape("matmul", a, b),
  forward(_, [a, b], y) {
    if (b.shape.length === 2) multiply(stacked(a), b, stacked(y));
    else multiply(a, b, y);
  },
  saves: { inputs: [0, 1] },
  vjp(gpu, i, { gy, input, shapes, out }) {
    const other = input(1 - i);
    const y = out(shapes[i]);
    if (shapes[1].length === 2) {
      if (i === 0) multiply(stacked(gy), other, stacked(y), false, true);
      else multiply(stacked(other), stacked(gy), y, true);
      return y;
    }
    const full = [...gy.shape.slice(0, -2), ...shapes[i].slice(-2)];
    const g = sameShape(full, shapes[i]) ? y : gpu.empty(full);
    if (i === 0) multiply(gy, other, g, false, true);
    else multiply(other, gy, g, true);
    return g === y ? y : sumTo(g, y);
  },
  reference([a, b]) {
    const y = nd(productShape("reference", a.shape, b.shape));
    const [as, bs] = [split(a.shape), split(b.shape)];
    const { batch } = split(y.shape);
    const [strideA, strideB] = [broadcastStrides(as.batch, batch), broadcastStrides(bs.batch, batch)];
    const [width, depth] = [bs.matrix[1], as.matrix[1]];
    return mapNd(y, (_, i) => {
      const where = coordinates(y.shape, i);
      const [row, column] = where.splice(-2);
      const matrixOf = (steps: number[]) => where.reduce((at, c, d) => at + c * steps[d], 0);
      const [ma, mb] = [matrixOf(strideA), matrixOf(strideB)];
      let sum = 0;
      for (let k = 0; k < depth; k++) {
        sum += a.data[(ma * as.matrix[0] + row) * depth + k] * b.data[(mb * depth + k) * width + column];
      }
      return sum;
    });
  },
  samples: () => [
    { inputs: [ramp([5, 7]), ramp([7, 3], -1, 1, 2)], attrs: {} },
    { inputs: [ramp([4, 8]), ramp([8, 4], -1, 1, 2)], attrs: {} },
    { inputs: [ramp([2, 3, 1, 5]), ramp([2, 3, 5, 6], -1, 1, 2)], attrs: {} },
    { inputs: [ramp([2, 3, 4]), ramp([4, 5], -1, 1, 2)], attrs: {} },
    { inputs: [ramp([4, 2]), ramp([2, 2, 9], -1, 1, 2)], attrs: {} },
    { inputs: [ramp([2, 1, 3, 2]), ramp([3, 2, 2], -1, 1, 2)], attrs: {} },
    { inputs: [ramp([1, 2501]), ramp([2501, 1], -1, 1, 2)], attrs: {} },
  ],
  badShapes: [
    {
      shapes: [
        [2, 3],
        [2, 3],
      ],
      attrs: {},
    },
    { shapes: [[3], [3, 2]], attrs: {} },
    {
      shapes: [
        [2, 2, 3],
        [3, 3, 2],
      ],
      attrs: {},
    },
  ],
});

/** Matrix product of the last two axes; batch axes broadcast. @throws ShapeError */
export const matmul = (a: Tensor, b: Tensor): Tensor => matmulOp.apply([a, b], {});
