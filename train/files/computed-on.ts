import type { Gpu } from "../../engine/index";
import { convTable } from "../../engine/ops/conv/index";

/**
 * The adapter, and the tuned table in use. Other kernels add in another order: only where this is the same does a resumed
 * run give the same bits.
 */
export function computedOn(gpu: Gpu): string {
  const table = convTable(gpu);
  return table ? `${gpu.adapter.name}, tuning table ${table.id}` : gpu.adapter.name;
}
