import * as tf from "@tensorflow/tfjs-core";
import { networkParameters, vggBlocks } from "../../../model/network/index";
import { cellsOf } from "../../../train/pose/index";
import type { PeerDevice, Problem, StepContender } from "../../contract/index";
import { openBackend } from "./backend";
import { toHwio, toNhwc, toOihw } from "./layout";

/** The least that PyTorch's BCE lets a logarithm be. */
const LOG_FLOOR = -100;

/**
 * The same network, loss and optimizer as a user of tfjs would write them: channels last, fused convolutions, gradients by
 * tfjs's autograd, its own Adam.
 */
export async function openStep(device: PeerDevice, problem: Problem): Promise<StepContender> {
  const backend = await openBackend(device);
  const { config, spec, settings } = problem;
  const side = config.image_size;
  const batch = config.batch_size;
  const image = (values: Float32Array, width: number): tf.Tensor4D => {
    const channels = values.length / (batch * width * width);
    return tf.tensor4d(toNhwc(values, [batch, channels, width, width]), [batch, width, width, channels]);
  };
  const input = image(problem.input, side);
  const heat = image(problem.heat, cellsOf(side));
  const limb = problem.limb && image(problem.limb, cellsOf(side));
  const variables = new Map<string, tf.Variable>();
  for (const { name, shape } of networkParameters(spec)) {
    const values = problem.weights.get(name)!;
    const initial =
      shape.length === 4
        ? tf.tensor(toHwio(values, shape), [shape[2], shape[3], shape[1], shape[0]])
        : tf.tensor(values, [...shape]);
    variables.set(name, tf.variable(initial, true, name));
    initial.dispose();
  }
  const list = [...variables.values()];
  const [beta1, beta2] = config.adam_betas;
  const adam = tf.train.adam(config.learning_rate, beta1, beta2, config.adam_eps);
  const network = () => forward(problem, variables, input);
  const loss = () => computeLoss(network(), heat, limb, settings);

  return {
    async gradients() {
      const { value, grads } = tf.variableGrads(loss, list);
      const gradients = new Map<string, Float32Array>();
      for (const [name, gradient] of Object.entries(grads)) {
        const values = await backend.read(gradient);
        gradients.set(name, gradient.rank === 4 ? toOihw(values, gradient.shape) : values);
        gradient.dispose();
      }
      const [first] = await backend.read(value);
      value.dispose();
      return { loss: first, gradients };
    },
    async forward() {
      const maps = tf.tidy(() => network().heatmaps.at(-1)!);
      await backend.read(maps);
      maps.dispose();
    },
    async step() {
      const cost = adam.minimize(loss, true, list)!;
      const [value] = await backend.read(cost);
      cost.dispose();
      return value;
    },
    async close() {
      adam.dispose();
      for (const t of [input, heat, limb, ...list]) t?.dispose();
      backend.close();
    },
  };
}

interface Output {
  limbs: tf.Tensor4D[];
  heatmaps: tf.Tensor4D[];
}

/** VGG19 features and six stages, see model/network/network.ts. */
function forward({ spec }: Problem, variables: Map<string, tf.Variable>, input: tf.Tensor4D): Output {
  const conv = (x: tf.Tensor4D, name: string, relu = true): tf.Tensor4D =>
    tf.fused.conv2d({
      x,
      filter: variables.get(`${name}.weight`) as unknown as tf.Tensor4D,
      bias: variables.get(`${name}.bias`),
      strides: 1,
      pad: "same",
      activation: relu ? "relu" : "linear",
    });
  let features = input;
  for (const [i, block] of vggBlocks(spec.widths).entries()) {
    if (i > 0) features = tf.maxPool(features, 2, 2, "valid");
    for (const { name } of block) features = conv(features, name);
  }
  const nsrm = spec.architecture === "NSRM";
  const outputs = [conv(conv(features, "stage1.stage1_1"), "stage1.stage1_2", false)];
  for (let stage = 2; stage <= 6; stage++) {
    const reads = nsrm && stage >= 5 ? [3, stage - 1] : [stage - 1];
    let h = tf.concat([features, ...reads.map((n) => outputs[n - 1])], 3);
    for (let i = 1; i <= 5; i++) h = conv(h, `stage${stage}.Mconv${i}.conv`);
    outputs.push(conv(conv(h, `stage${stage}.Mconv6`), `stage${stage}.Mconv7`, false));
  }
  const limbs = nsrm ? outputs.slice(0, 3) : [];
  return { limbs, heatmaps: outputs.slice(limbs.length) };
}

/** The paper's loss, see train/step/losses.ts. */
function computeLoss(
  { limbs, heatmaps }: Output,
  heat: tf.Tensor4D,
  limb: tf.Tensor4D | null,
  { batch, limbWeight, partWeight, norm }: Problem["settings"],
): tf.Scalar {
  const [, h, w] = heat.shape;
  const divisor = batch * (norm === "original" ? 46 * 46 : h * w);
  const terms: tf.Tensor[] = heatmaps.map((map) => tf.sum(tf.squaredDifference(map, heat)));
  if (limb) {
    const weights = tf.tensor1d(
      Array.from({ length: limb.shape[3] }, (_, i) => limbWeight * (i === 0 ? 1 : partWeight)),
    );
    for (const logits of limbs) {
      const p = tf.sigmoid(logits);
      const log = (x: tf.Tensor) => tf.maximum(tf.log(x), LOG_FLOOR);
      const rest = tf.sub(1, limb);
      const cross = tf.neg(tf.add(tf.mul(limb, log(p)), tf.mul(rest, log(tf.sub(1, p)))));
      terms.push(tf.sum(tf.mul(cross, weights)));
    }
  }
  return tf.div(tf.addN(terms), divisor) as tf.Scalar;
}
