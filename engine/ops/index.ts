import { conv2dOp } from "./conv2d";
import type { Op } from "./op";
import { reluOp } from "./relu";

export { addInto, fill, ones } from "./basics";
export { conv2d } from "./conv2d";
export { relu } from "./relu";

/** Every op, for the generated tests and the benchmarks. Adding an op: its file, its kernel, one line here. */
// biome-ignore lint/suspicious/noExplicitAny: ops differ in their attributes; the list only needs what they share
export const ops: readonly Op<any>[] = [conv2dOp, reluOp];
