import { type Gpu, type ParameterSpec, sizeOf, UserError } from "../../engine/index";
import { type NetworkSpec, networkParameters, scaleWidths, type Widths } from "../../model/network/index";
import { type Config, skeletonOf } from "../config/index";
import { Learner } from "./learner";
import { imagesThatFit } from "./micro-batch";

export const widthsOf = (config: Config): Widths => scaleWidths(config.width, config.widths as Partial<Widths>);

/** The network that an experiment describes. */
export const networkSpecOf = (config: Config): NetworkSpec => ({
  architecture: config.model,
  widths: widthsOf(config),
  limbChannels: config.limbc,
  keypointChannels: skeletonOf(config).joints.length,
});

/**
 * The experiment's network and optimizer, not yet initialised.
 * @throws UserError for `freeze` prefixes that fit no parameter, or all; for mixed precision where the adapter has no float16;
 * for more parameters than the adapter takes
 */
export function createLearner(gpu: Gpu, config: Config): Learner {
  if (config.precision === "mixed" && !gpu.adapter.f16) {
    throw new UserError(
      `precision: "mixed" needs an adapter with shader-f16, which ${gpu.adapter.name} has not; use "single"`,
    );
  }
  const spec = networkSpecOf(config);
  const parameters = networkParameters(spec);
  checkFreeze(
    config,
    parameters.map(({ name }) => name),
  );
  checkSize(gpu, config, parameters);
  const [beta1, beta2] = config.adam_betas;
  const learner = new Learner(gpu, spec, {
    beta1,
    beta2,
    eps: config.adam_eps,
    weightDecay: config.adam_weight_decay,
    clipNorm: config.clip_grad_norm,
    replay: config.replay,
    checkpointSegments: config.checkpoint_segments,
    precision: config.precision,
  });
  learner.network.parameters.freeze(config.freeze);
  return learner;
}

function checkFreeze({ freeze }: Config, names: readonly string[]): void {
  for (const prefix of freeze) {
    if (names.some((name) => name.startsWith(prefix))) continue;
    throw new UserError(`freeze: no parameter's name starts with "${prefix}"; they are called ${names[0]}, ...`);
  }
  if (names.every((name) => freeze.some((prefix) => name.startsWith(prefix)))) {
    throw new UserError("freeze: every parameter is frozen, nothing is left to train");
  }
}

/** Parameters lie in one buffer, as do their gradients and moments. */
function checkSize({ limits }: Gpu, { width }: Config, parameters: readonly ParameterSpec[]): void {
  const count = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const most = Math.floor(limits.maxBufferSize / 4);
  if (count <= most) return;
  throw new UserError(
    `width ${width}: the network has ${count.toLocaleString("en")} parameters, this adapter takes ` +
      `${most.toLocaleString("en")}; another adapter may take it, or a smaller width or smaller widths would do`,
  );
}

/** Images of one pass: what the adapter's limits allow, or the configuration's micro_batch where that is less. */
export function imagesPerPass(gpu: Gpu, config: Config): number {
  const maxBinding = gpu.limits.maxStorageBufferBindingSize;
  const bytes = config.precision === "mixed" ? 2 : 4;
  const fit = imagesThatFit({ widths: widthsOf(config), imageSize: config.image_size, bytes, maxBinding });
  return Math.min(fit, config.batch_size, config.micro_batch ?? Number.POSITIVE_INFINITY);
}
