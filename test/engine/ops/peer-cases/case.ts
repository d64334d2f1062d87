import { type Nd, nd } from "../../../../engine/core/nd";
import { type Shape, sizeOf } from "../../../../engine/core/tensor";

/** What an op is given and what it must give, as numbers. */
export interface Case<Attrs> {
  /** The origin's title, shortened. */
  title: string;
  /** Inputs, in the origin's order and layout. */
  x: readonly Nd[];
  attrs?: Attrs;
  /** The expected result. */
  y?: Nd;
  /** Gradient of the result that backward starts from; ones by default. */
  dy?: Nd;
  /** The expected gradient of each input, null where the origin says nothing of it. */
  dx?: readonly (Nd | null)[];
  /** The origin gives its expected values with so many decimals: one unit of the last is allowed more. */
  decimals?: number;
}

/** An array of the given values, row-major. */
export function t(shape: Shape, values: readonly number[]): Nd {
  if (values.length !== sizeOf(shape)) throw new Error(`${values.length} values for [${shape.join(", ")}]`);
  return nd(shape, values);
}

/** An array of one value. */
export const all = (shape: Shape, value: number): Nd => t(shape, new Array<number>(sizeOf(shape)).fill(value));

/** An array of first, first + 1, ... */
export const counting = (shape: Shape, first: number): Nd =>
  t(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => first + i),
  );
