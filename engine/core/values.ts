import { ShapeError } from "../errors/index";
import type { Shape } from "./tensor";

/** Numbers in arrays within arrays, as many deep as the shape has axes. */
export type Nested = number | boolean | ArrayLike<number> | readonly Nested[];

/**
 * Numbers as float32, row-major, and the shape that their nesting has: [] of one number, [n] of a flat list.
 * @throws ShapeError for rows that differ in length, TypeError for what is no number
 */
export function valuesOf(op: string, data: Nested): { values: Float32Array; shape: Shape } {
  if (ArrayBuffer.isView(data)) {
    const values = ofTypedArray(op, data);
    return { values, shape: [values.length] };
  }
  const shape = shapeOf(data);
  if (shape.length === 1) return { values: Float32Array.from(data as ArrayLike<number>, checked(op)), shape };
  const values = new Float32Array(shape.reduce((n, d) => n * d, 1));
  let at = 0;
  const check = checked(op);
  const fill = (part: Nested, axis: number): void => {
    if (axis === shape.length) {
      values[at] = check(part, at++);
      return;
    }
    if (!isList(part) || part.length !== shape[axis]) {
      throw new ShapeError(op, `rows differ: expected ${shape[axis]} along axis ${axis}, found ${lengthOf(part)}`);
    }
    for (let i = 0; i < part.length; i++) fill(part[i], axis + 1);
  };
  fill(data, 0);
  return { values, shape };
}

function ofTypedArray(op: string, data: ArrayBufferView): Float32Array {
  if (data instanceof DataView) throw new TypeError(`${op}: a DataView has no element type; take a typed array`);
  // Nothing may change it while it is uploaded, and browsers refuse memory that is shared.
  const shared = typeof SharedArrayBuffer !== "undefined" && data.buffer instanceof SharedArrayBuffer;
  if (data instanceof Float32Array && !shared) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  return Float32Array.from(data as unknown as ArrayLike<number>);
}

const isList = (value: unknown): value is ArrayLike<Nested> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

const lengthOf = (value: Nested): string => (isList(value) ? String(value.length) : "a single value");

function shapeOf(data: Nested): number[] {
  const shape: number[] = [];
  for (let part: Nested | undefined = data; ; part = (part as ArrayLike<Nested>)[0]) {
    if (!isList(part) && !isArrayLike(part)) return shape;
    shape.push(part.length);
    if (part.length === 0) return shape;
  }
}

/** An array by its length alone, such as `{ length: 3, 0: 1, 1: 2, 2: 3 }`. */
const isArrayLike = (value: unknown): value is ArrayLike<number> =>
  typeof value === "object" && value !== null && typeof (value as { length?: unknown }).length === "number";

const checked =
  (op: string) =>
  (value: unknown, at: number): number => {
    if (typeof value === "number" || typeof value === "boolean") return Number(value);
    throw new TypeError(
      `${op}: value ${at} is ${typeof value === "string" ? `"${value}"` : String(value)}, not a number`,
    );
  };
