/** Rearranges a tensor's axes: result axis i is axis `order[i]` of the source. Row-major on both sides. */
export function permute(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const to = order.map((axis) => shape[axis]);
  const result = new Float32Array(values.length);
  const index = to.map(() => 0);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = values[from];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      from += strides[order[axis]];
      if (++index[axis] < to[axis]) break;
      from -= to[axis] * strides[order[axis]];
      index[axis] = 0;
    }
  }
  return result;
}

/** [n, c, h, w] -> [n, h, w, c] */
export const toNhwc = (values: Float32Array, shape: readonly number[]): Float32Array =>
  permute(values, shape, [0, 2, 3, 1]);
/** [n, h, w, c] -> [n, c, h, w] */
export const toNchw = (values: Float32Array, shape: readonly number[]): Float32Array =>
  permute(values, shape, [0, 3, 1, 2]);
/** Weights [out, in, kh, kw] -> [kh, kw, in, out] */
export const toHwio = (values: Float32Array, shape: readonly number[]): Float32Array =>
  permute(values, shape, [2, 3, 1, 0]);
/** Weights [kh, kw, in, out] -> [out, in, kh, kw] */
export const toOihw = (values: Float32Array, shape: readonly number[]): Float32Array =>
  permute(values, shape, [3, 2, 0, 1]);
