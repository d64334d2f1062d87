import adam from "./adam.wgsl";
import affine from "./affine.wgsl";
import arg_extremum from "./arg_extremum.wgsl";
import augment from "./augment.wgsl";
import binary from "./binary.wgsl";
import camera from "./camera.wgsl";
import cast from "./cast.wgsl";
import clip from "./clip.wgsl";
import common from "./common.wgsl";
import compare from "./compare.wgsl";
import conv_db from "./conv_db.wgsl";
import conv_direct from "./conv_direct.wgsl";
import conv_direct_dw from "./conv_direct_dw.wgsl";
import conv_pack from "./conv_pack.wgsl";
import conv_pad from "./conv_pad.wgsl";
import conv_pointwise from "./conv_pointwise.wgsl";
import conv_pointwise_pack from "./conv_pointwise_pack.wgsl";
import conv_slide from "./conv_slide.wgsl";
import conv_slide_dw from "./conv_slide_dw.wgsl";
import conv_sum from "./conv_sum.wgsl";
import conv_tiled from "./conv_tiled.wgsl";
import conv_tiled_dw from "./conv_tiled_dw.wgsl";
import conv_tiled_pack from "./conv_tiled_pack.wgsl";
import cross_entropy from "./cross_entropy.wgsl";
import fill from "./fill.wgsl";
import float from "./float.wgsl";
import four from "./four.wgsl";
import gradient_control from "./gradient_control.wgsl";
import gradient_partials from "./gradient_partials.wgsl";
import hand from "./hand.wgsl";
import hash from "./hash.wgsl";
import loss from "./loss.wgsl";
import margin from "./margin.wgsl";
import masks from "./masks.wgsl";
import math from "./math.wgsl";
import matmul from "./matmul.wgsl";
import norm from "./norm.wgsl";
import pairs from "./pairs.wgsl";
import pool from "./pool.wgsl";
import pool2x2 from "./pool2x2.wgsl";
import power from "./power.wgsl";
import real from "./real.wgsl";
import reduce from "./reduce.wgsl";
import relu from "./relu.wgsl";
import running from "./running.wgsl";
import sgd from "./sgd.wgsl";
import sigmoid from "./sigmoid.wgsl";
import softmax from "./softmax.wgsl";
import strided_copy from "./strided_copy.wgsl";
import upsample2x from "./upsample2x.wgsl";
import walk from "./walk.wgsl";
import where from "./where.wgsl";
import winograd_input from "./winograd_input.wgsl";
import winograd_output from "./winograd_output.wgsl";
import winograd_points from "./winograd_points.wgsl";
import winograd_product from "./winograd_product.wgsl";
import winograd_rows_input from "./winograd_rows_input.wgsl";
import winograd_rows_output from "./winograd_rows_output.wgsl";
import winograd_rows_points from "./winograd_rows_points.wgsl";
import winograd_rows_weights from "./winograd_rows_weights.wgsl";
import winograd_weights from "./winograd_weights.wgsl";

/** A kernel's name and its WGSL text before preprocessing (engine/device/wgsl.ts). */
export interface Kernel {
  readonly name: string;
  readonly source: string;
}

/** Text that kernels share by `#include`. */
const includes: Readonly<Record<string, string>> = {
  "common.wgsl": common,
  "float.wgsl": float,
  "four.wgsl": four,
  "hash.wgsl": hash,
  "margin.wgsl": margin,
  "pairs.wgsl": pairs,
  "real.wgsl": real,
  "walk.wgsl": walk,
  "winograd_points.wgsl": winograd_points,
  "winograd_rows_points.wgsl": winograd_rows_points,
};

/** The text of an included file. */
export function kernelText(file: string): string {
  const text = includes[file];
  if (text === undefined) throw new Error(`no kernel file ${file} to include`);
  return text;
}

const sources = {
  adam,
  affine,
  arg_extremum,
  augment,
  binary,
  camera,
  cast,
  clip,
  compare,
  conv_db,
  conv_direct,
  conv_direct_dw,
  conv_pack,
  conv_pad,
  conv_pointwise,
  conv_pointwise_pack,
  conv_slide,
  conv_slide_dw,
  conv_sum,
  conv_tiled,
  conv_tiled_dw,
  conv_tiled_pack,
  cross_entropy,
  fill,
  gradient_control,
  gradient_partials,
  hand,
  loss,
  masks,
  math,
  matmul,
  norm,
  pool,
  pool2x2,
  power,
  reduce,
  relu,
  running,
  sgd,
  sigmoid,
  softmax,
  strided_copy,
  upsample2x,
  where,
  winograd_input,
  winograd_output,
  winograd_product,
  winograd_rows_input,
  winograd_rows_output,
  winograd_rows_weights,
  winograd_weights,
};

/** Every kernel by name. */
export const kernels = Object.fromEntries(
  Object.entries(sources).map(([name, source]) => [name, { name, source }]),
) as { readonly [K in keyof typeof sources]: Kernel };
