import type { Gpu } from "../../core/index";
import type { Dtype } from "../../device/index";
import { type ConvGeometry, convGeometry } from "./common/index";
import type { ConvPass, ConvVariantName, DwPass } from "./families/index";
import { type ConvPlan, pickConvPlan } from "./plan";

/** Measured choices: how to compute a pass of a convolution of a given shape on one adapter. */
export interface ConvTable {
  /** Names the table's contents: two tables of one id choose alike. */
  id: string;
  forward: ReadonlyMap<string, ConvPass>;
  dx: ReadonlyMap<string, ConvPass>;
  dw: ReadonlyMap<string, DwPass>;
}

const tables = new WeakMap<Gpu, ConvTable>();

/** From now on convolutions on `gpu` take what the table says of their shape; with null, the heuristic again. */
export function useConvTable(gpu: Gpu, table: ConvTable | null): void {
  if (table) tables.set(gpu, table);
  else tables.delete(gpu);
}

export const convTable = (gpu: Gpu): ConvTable | null => tables.get(gpu) ?? null;

/**
 * A convolution as the table's key: `n x ci x h x w, co x kh x kw`, stride, padding and dilation; and what its images are
 * stored in, where that is not float32.
 */
export function shapeKey(g: ConvGeometry, dtype: Dtype): string {
  const { n, ci, h, w, co, kh, kw, strideY, strideX, padY, padX, dilationY, dilationX } = g;
  return `${n}x${ci}x${h}x${w} ${co}x${kh}x${kw} s${strideY},${strideX} p${padY},${padX} d${dilationY},${dilationX}${dtype === "f32" ? "" : ` ${dtype}`}`;
}

const KEY = /^(\d+)x(\d+)x(\d+)x(\d+) (\d+)x(\d+)x(\d+) s(\d+),(\d+) p(\d+),(\d+) d(\d+),(\d+)(?: f16)?$/;

/** The convolution that has this key; null where none has. */
export function geometryOf(key: string): ConvGeometry | null {
  const sizes = KEY.exec(key)?.slice(1).map(Number);
  if (!sizes) return null;
  const [n, ci, h, w, co, kh, kw, strideY, strideX, padY, padX, dilationY, dilationX] = sizes;
  const attrs = {
    stride: [strideY, strideX],
    padding: [padY, padX],
    dilation: [dilationY, dilationX],
  } as const;
  try {
    return convGeometry(
      [
        [n, ci, h, w],
        [co, ci, kh, kw],
      ],
      attrs,
    );
  } catch {
    return null;
  }
}

/** The plan for a convolution: the table's choice for each pass that it knows, the heuristic's for the others. */
export function planConv(gpu: Gpu, g: ConvGeometry, dtype: Dtype, forced?: ConvVariantName): ConvPlan {
  const picked = pickConvPlan(g, gpu.adapter, forced);
  const table = tables.get(gpu);
  if (!table || forced) return picked;
  const key = shapeKey(g, dtype);
  return {
    forward: table.forward.get(key) ?? picked.forward,
    dx: table.dx.get(key) ?? picked.dx,
    dw: table.dw.get(key) ?? picked.dw,
  };
}
