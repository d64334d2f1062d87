import { z } from "zod";
import { STRIDE } from "../../model/network/index";
import { DECODERS } from "../decode/index";

/**
 * Every key of an experiment. The description says what is expected and ends up in the error message; a default makes
 * the key optional. Defaults reproduce the original, whose own keys stand first.
 */

const count = (least: number) => z.number().int().min(least);
const positive = z.number().positive();
const atLeastZero = z.number().min(0);
const A_SIDE = `a positive multiple of ${STRIDE}`;
const imageSize = z.number().int().min(STRIDE).multipleOf(STRIDE).describe(A_SIDE);

const widths = z
  .strictObject({
    vgg: z
      .array(count(1))
      .length(4)
      .optional()
      .describe("the channel counts of the four VGG blocks, 4 positive integers"),
    feat: count(1).optional().describe("the feature channels (conv5_3), a positive integer"),
    stage: count(1).optional().describe("the channels of the 7x7 stages, a positive integer"),
    hid: count(1).optional().describe("the channels of stage 1's hidden layer, a positive integer"),
  })
  .default({})
  .describe("an object with any of vgg (4 integers), feat, stage, hid");

/** An epoch's order is made at once, and takes memory. */
const MOST_HANDS = 10_000_000;
const hands = count(1).max(MOST_HANDS);

const synthetic = z
  .strictObject({
    count_train: hands.default(2048).describe(`a number of training hands, 1 to ${MOST_HANDS}`),
    count_valid: hands.default(128).describe(`a number of validation hands, 1 to ${MOST_HANDS}`),
    count_test: hands.default(128).describe(`a number of test hands, 1 to ${MOST_HANDS}`),
    seed: count(0).default(0).describe("an integer, 0 or more"),
    poses: z.enum(["simple", "full"]).default("simple").describe('"simple" or "full"'),
  })
  .prefault({})
  .describe("an object with any of count_train, count_valid, count_test, seed, poses");

const share = z.number().min(0).max(1);
const range = (low: number, high: number) =>
  z
    .tuple([z.number().min(low).max(high), z.number().min(low).max(high)])
    .refine(([least, most]) => least <= most)
    .describe(`two numbers from ${low} to ${high}, ascending`);

const augment = z
  .strictObject({
    rotation: z.number().min(0).max(180).default(0).describe("the most degrees to either side, 0 to 180"),
    scale: range(0.25, 4).default([1, 1]),
    translation: share.default(0).describe("the largest shift as a part of the image's side, 0 to 1"),
    flip: share.default(0).describe("the share of mirrored images, 0 to 1"),
    brightness: share.default(0).describe("how far its factor may lie from 1, 0 to 1"),
    contrast: share.default(0).describe("how far its factor may lie from 1, 0 to 1"),
    saturation: share.default(0).describe("how far its factor may lie from 1, 0 to 1"),
    blur: z.number().min(0).max(3.5).default(0).describe("the largest standard deviation in pixels, 0 to 3.5"),
    cutout: z
      .strictObject({
        probability: share.default(0).describe("the share of images that lose a rectangle, 0 to 1"),
        size: range(0, 1).default([0.1, 0.3]),
      })
      .prefault({})
      .describe("an object with any of probability, size (two parts of the image's side)"),
  })
  .prefault({})
  .describe("an object with any of rotation, scale, translation, flip, brightness, contrast, saturation, blur, cutout");

const progressive = z
  .array(
    z.strictObject({
      share: z.number().gt(0).lt(1).describe("the part of all steps, between 0 and 1"),
      image_size: imageSize,
      batch_size: count(1).optional().describe("a positive integer"),
      steps: count(0).optional().describe("the number of steps that a run has fixed for it"),
    }),
  )
  .default([])
  .describe("a list of objects with share (of all steps), image_size and, where it is another, batch_size");

const whenSlow = z
  .strictObject({
    steps: count(1).describe("a positive integer"),
    set: z.record(z.string(), z.unknown()).describe("an object of settings"),
  })
  .nullable()
  .default(null)
  .describe("null, or an object with steps (fewer in `minutes` are few) and set (what is then set)");

export const experimentSchema = z.strictObject({
  // The original's own keys.
  name: z.string().min(1).optional().describe("a text that is not empty"),
  data_root: z.string().min(1).nullable().default(null).describe("the path of a dataset folder, or null"),
  dataset: z
    .enum(["HandDataset_LDM", "HandDataset_LPM", "CMUHandDataset", "synthetic"])
    .describe('"HandDataset_LDM", "HandDataset_LPM", "CMUHandDataset" (no limb masks, for CPM) or "synthetic"'),
  limbc: z
    .union([z.literal(1), z.literal(7)])
    .default(1)
    .describe("1 (whole hand) or 7 (whole hand, five fingers, palm)"),
  group: z.enum(["G1", "G6"]).default("G1").describe('"G1" or "G6"'),
  batch_size: count(1).default(32).describe("a positive integer"),
  learning_rate: positive.default(1e-4).describe("a positive number"),
  lr_decay_epoch: count(0).default(100).describe("a number of epochs, 0 for never"),
  epochs: count(1).default(80).describe("a positive integer"),
  device: z.unknown().optional().describe("anything"),
  weight: atLeastZero.nullable().default(null).describe("the limb loss's weight, a number of at least 0"),
  weight_g61: atLeastZero.optional().describe("the weight of the six finger channels, a number of at least 0"),
  weight_decay: count(0).default(20).describe("the epochs from one decay of the limb weight to the next, 0 for never"),
  w_decay_ratio: atLeastZero.default(0.1).describe("a number of at least 0"),

  // The network.
  model: z.enum(["NSRM", "CPM"]).default("NSRM").describe('"NSRM" or "CPM"'),
  width: positive.max(16).default(1).describe("a factor of every channel count, above 0 and at most 16"),
  widths,
  image_size: imageSize.default(368).describe(A_SIDE),
  init: z.string().min(1).default("torch").describe('"torch", "he" or the path of a checkpoint'),
  backbone: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("the path of an ImageNet VGG19 (torchvision's .pth, or safetensors), or null"),
  freeze: z.array(z.string().min(1)).default([]).describe("a list of parameter name prefixes"),

  // Targets and losses.
  limb_mask: z.enum(["LDM", "LPM"]).optional().describe('"LDM" or "LPM"'),
  sigma: positive.default(1).describe("a Gaussian's standard deviation in map units, above 0"),
  lpm_end_cap: z.enum(["original", "round"]).default("original").describe('"original" or "round"'),
  zero_length_limb: z.enum(["original", "skip"]).default("original").describe('"original" or "skip"'),
  integer_labels: z.enum(["original", "exact"]).default("original").describe('"original" (truncated) or "exact"'),
  loss_norm: z.enum(["original", "map"]).default("original").describe('"original" (46 x 46) or "map"'),

  // Optimisation.
  lr_schedule: z
    .enum(["decay", "one-cycle"])
    .default("decay")
    .describe('"decay" (by lr_decay_epoch) or "one-cycle" (up to learning_rate, then down to nearly nothing)'),
  lr_decay_factor: positive.max(1).default(0.5).describe("a number above 0 and at most 1"),
  adam_betas: z
    .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
    .default([0.9, 0.999])
    .describe("two numbers from 0 to below 1"),
  adam_eps: positive.default(1e-8).describe("a positive number"),
  adam_weight_decay: atLeastZero.default(0).describe("a number of at least 0"),
  clip_grad_norm: positive.nullable().default(null).describe("a positive number, or null"),
  precision: z.enum(["single", "mixed"]).default("single").describe('"single" or "mixed" (float16 activations)'),
  micro_batch: count(1).nullable().default(null).describe("a positive integer, or null"),
  checkpoint_segments: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe("how many of the ten segments are computed twice to save memory, 0 to 10"),
  replay: z.boolean().default(true).describe("true (steps are captured once and replayed) or false"),
  seed: count(0).default(0).describe("an integer, 0 or more"),
  minutes: positive.nullable().default(null).describe("a positive number, or null"),
  max_steps: count(1).nullable().default(null).describe("a positive integer, or null"),
  progressive,
  when_slow: whenSlow,

  // Data.
  resize: z.enum(["bicubic", "nearest"]).default("bicubic").describe('"bicubic" or "nearest"'),
  skip_bad: z.boolean().default(false).describe("true or false"),
  prefetch: count(1).default(2).describe("a number of batches, at least 1"),
  augment,
  cache_mb: atLeastZero.default(256).describe("a number of megabytes, at least 0"),
  synthetic,

  // What a run writes and measures.
  validate_every: count(1).default(1).describe("a number of epochs, at least 1"),
  checkpoint_every: count(0).default(0).describe("a number of steps, 0 for the ends of epochs alone"),
  pck_thresholds: z
    .array(positive)
    .min(1)
    .default([0.04, 0.06, 0.08, 0.1, 0.12])
    .describe("a list of positive numbers, ascending"),
  decoder: z.enum(DECODERS).default("argmax").describe('"argmax" (the original\'s), "quarter" or "taylor"'),
  select_threshold: positive.default(0.1).describe("one of pck_thresholds"),
  samples: count(0).default(4).describe("a number of sample pictures, at least 0"),
});

/** An experiment as the schema gives it: defaults filled in, what depends on other keys still open. */
export type ParsedExperiment = z.output<typeof experimentSchema>;
