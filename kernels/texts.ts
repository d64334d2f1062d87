// Written by `node kernels/generate.mjs`: the .wgsl files of this folder.
// biome-ignore-all assist/source/organizeImports: by path.
import adam from "./adam.wgsl";
import affine from "./affine.wgsl";
import arg_extremum from "./arg_extremum.wgsl";
import augment from "./augment.wgsl";
import binary from "./binary.wgsl";
import camera from "./camera.wgsl";
import cast from "./cast.wgsl";
import clip from "./clip.wgsl";
import compare from "./compare.wgsl";
import conv_db from "./conv/conv_db.wgsl";
import conv_direct from "./conv/conv_direct.wgsl";
import conv_direct_dw from "./conv/conv_direct_dw.wgsl";
import conv_pack from "./conv/conv_pack.wgsl";
import conv_pad from "./conv/conv_pad.wgsl";
import conv_pointwise from "./conv/conv_pointwise.wgsl";
import conv_pointwise_pack from "./conv/conv_pointwise_pack.wgsl";
import conv_slide from "./conv/conv_slide.wgsl";
import conv_slide_dw from "./conv/conv_slide_dw.wgsl";
import conv_sum from "./conv/conv_sum.wgsl";
import conv_tiled from "./conv/conv_tiled.wgsl";
import conv_tiled_dw from "./conv/conv_tiled_dw.wgsl";
import conv_tiled_pack from "./conv/conv_tiled_pack.wgsl";
import winograd_input from "./conv/winograd_input.wgsl";
import winograd_output from "./conv/winograd_output.wgsl";
import winograd_product from "./conv/winograd_product.wgsl";
import winograd_rows_input from "./conv/winograd_rows_input.wgsl";
import winograd_rows_output from "./conv/winograd_rows_output.wgsl";
import winograd_rows_weights from "./conv/winograd_rows_weights.wgsl";
import winograd_weights from "./conv/winograd_weights.wgsl";
import cross_entropy from "./cross_entropy.wgsl";
import fill from "./fill.wgsl";
import gradient_control from "./gradient_control.wgsl";
import gradient_partials from "./gradient_partials.wgsl";
import hand from "./hand.wgsl";
import common from "./include/common.wgsl";
import float from "./include/float.wgsl";
import four from "./include/four.wgsl";
import grid from "./include/grid.wgsl";
import hash from "./include/hash.wgsl";
import margin from "./include/margin.wgsl";
import pairs from "./include/pairs.wgsl";
import pixel from "./include/pixel.wgsl";
import real from "./include/real.wgsl";
import store from "./include/store.wgsl";
import walk from "./include/walk.wgsl";
import winograd_points from "./include/winograd_points.wgsl";
import winograd_rows_points from "./include/winograd_rows_points.wgsl";
import loss from "./loss.wgsl";
import masks from "./masks.wgsl";
import math from "./math.wgsl";
import matmul from "./matmul.wgsl";
import norm from "./norm.wgsl";
import pool from "./pool.wgsl";
import pool2x2 from "./pool2x2.wgsl";
import power from "./power.wgsl";
import probe_fma from "./probe_fma.wgsl";
import probe_load from "./probe_load.wgsl";
import probe_shared from "./probe_shared.wgsl";
import reduce from "./reduce.wgsl";
import relu from "./relu.wgsl";
import running from "./running.wgsl";
import sgd from "./sgd.wgsl";
import sigmoid from "./sigmoid.wgsl";
import softmax from "./softmax.wgsl";
import strided_copy from "./strided_copy.wgsl";
import upsample2x from "./upsample2x.wgsl";
import where from "./where.wgsl";

export const kernelTexts = {
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
  winograd_input,
  winograd_output,
  winograd_product,
  winograd_rows_input,
  winograd_rows_output,
  winograd_rows_weights,
  winograd_weights,
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
  probe_fma,
  probe_load,
  probe_shared,
  reduce,
  relu,
  running,
  sgd,
  sigmoid,
  softmax,
  strided_copy,
  upsample2x,
  where,
};

/** What they may include. */
export const includeTexts: Readonly<Record<string, string>> = {
  "common.wgsl": common,
  "float.wgsl": float,
  "four.wgsl": four,
  "grid.wgsl": grid,
  "hash.wgsl": hash,
  "margin.wgsl": margin,
  "pairs.wgsl": pairs,
  "pixel.wgsl": pixel,
  "real.wgsl": real,
  "store.wgsl": store,
  "walk.wgsl": walk,
  "winograd_points.wgsl": winograd_points,
  "winograd_rows_points.wgsl": winograd_rows_points,
};
