import { readFileSync } from "node:fs";
import type { Nd } from "../../engine/core/nd";

/** An array of a golden file in JSON. */
export interface GoldenArray {
  shape: number[];
  data: number[];
}

/** test/golden/ops.json: the small cases of the original's golden numbers for single ops. */
export interface GoldenOps {
  relu: { x: string[]; y: string[]; grad: number[] };
  sigmoid: { x: number[]; y: number[]; grad: number[] };
  concat: Record<"a" | "b" | "c" | "y" | "gy" | "ga" | "gb" | "gc", GoldenArray>;
  /** Rows (p, target, loss, d loss / d p). */
  bce_prob_edge: { rows: number[][] };
  /** Rows (logit, target, sigmoid, loss, d loss / d logit). */
  bce_logit_edge: { rows: number[][] };
  [pool: `pool${number}`]: Record<"x" | "y" | "gy" | "gx", GoldenArray>;
}

export const goldenOps = (): GoldenOps => JSON.parse(readFileSync("test/golden/ops.json", "utf8"));

export const asNd = ({ shape, data }: GoldenArray): Nd => ({ shape, data: Float64Array.from(data) });
