import { Adam, cast, type Dtype, type Gpu, type Op, Parameters, type Shape, type Tensor } from "../../engine/index";
import type { ConvPlan } from "../../engine/ops/conv/index";
import { bceProbOp, conv2dOp, maxPool2dOp, sumMseOp } from "../../engine/ops/index";
import { networkParameters } from "../../model/network/index";
import type { Config } from "../../train/config/index";
import { makeTargets } from "../../train/step/index";
import {
  ADAM_LR,
  type AdamCase,
  type ConvCase,
  convData,
  type LayerContender,
  type LossCase,
  lossData,
  type MaskCase,
  maskLabels,
  type PoolCase,
  pattern,
  type Task,
} from "../contract/index";

/** This project's ops as a contender. @param gpu left open by `close` */
export function openOurLayers(gpu: Gpu): LayerContender {
  return {
    tasks: {
      conv(c) {
        const { inputs, record } = convWork(gpu, c);
        return tensorTask(gpu, inputs, () => record());
      },
      pool: (c) => poolTask(gpu, c),
      loss: (c) => lossTask(gpu, c),
      masks: (c) => maskTask(gpu, c),
      adam: (c) => adamTask(gpu, c),
    },
    close: async () => undefined,
  };
}

/**
 * A convolution case's tensors, and what computes its result by the plan given or else by the usual one.
 * @param dtype of the images and their gradients
 */
export function convWork(
  gpu: Gpu,
  c: ConvCase,
  dtype: Dtype = "f32",
): { inputs: Tensor[]; record: (plan?: ConvPlan) => Tensor } {
  const { shapes, x, w, b, gy } = convData(c);
  const images = (values: Float32Array, shape: Shape) => cast(gpu.tensor(values, shape), dtype);
  const inputs = [images(x, shapes.x), gpu.tensor(w, shapes.w), gpu.tensor(b, shapes.b)];
  const gradient = c.pass === "forward" ? null : { i: c.pass === "dx" ? 0 : 1, gy: images(gy, shapes.gy) };
  const record = (variant?: ConvPlan) =>
    recordOp(gpu, conv2dOp, inputs, { padding: (c.kernel - 1) / 2, variant }, gradient);
  return { inputs: gradient ? [...inputs, gradient.gy] : inputs, record };
}

/** Forward, or the gradient by input `i` alone. */
function opTask<Attrs>(
  gpu: Gpu,
  op: Op<Attrs>,
  inputs: Tensor[],
  attrs: Attrs,
  gradient: { i: number; gy: Float32Array } | null,
): Task {
  const shapes = inputs.map((t) => t.shape);
  const uploaded = gradient && { i: gradient.i, gy: gpu.tensor(gradient.gy, op.shape(shapes, attrs)) };
  const used = uploaded ? [...inputs, uploaded.gy] : inputs;
  return tensorTask(gpu, used, () => recordOp(gpu, op, inputs, attrs, uploaded));
}

function recordOp<Attrs>(
  gpu: Gpu,
  op: Op<Attrs>,
  inputs: Tensor[],
  attrs: Attrs,
  gradient: { i: number; gy: Tensor } | null,
): Tensor {
  if (!gradient) return op.apply(inputs, attrs);
  return op.vjp!(gpu, gradient.i, {
    gy: gradient.gy,
    input: (k) => inputs[k],
    output: () => {
      throw new Error(`${op.name}: the benchmark keeps no output for backward`);
    },
    shapes: inputs.map((t) => t.shape),
    layout: (k) => inputs[k].layout,
    attrs,
    out: (shape) => gpu.empty(shape, inputs[gradient.i].dtype),
    once: (_, make) => make(),
    release: () => undefined,
  });
}

/** A task whose result is a tensor that `record` makes. */
function tensorTask(gpu: Gpu, inputs: readonly Tensor[], record: () => Tensor): Task {
  return {
    async run(times) {
      for (let i = 0; i < times; i++) gpu.scope(() => void record());
      await gpu.finish();
    },
    async result() {
      const y = gpu.scope(record);
      const values = await y.data();
      y.dispose();
      return values;
    },
    dispose() {
      for (const t of inputs) t.dispose();
      gpu.trim();
    },
  };
}

function poolTask(gpu: Gpu, { batch, channels, size, pass }: PoolCase): Task {
  const x = gpu.tensor(pattern(batch * channels * size * size, 1), [batch, channels, size, size]);
  const gy = pattern(x.size / 4, 2);
  return opTask(gpu, maxPool2dOp, [x], { kernel: 2, stride: 2, padding: 0 }, pass === "dx" ? { i: 0, gy } : null);
}

function lossTask(gpu: Gpu, c: LossCase): Task {
  const { prediction, target, divisor } = lossData(c);
  const inputs = [gpu.tensor(prediction, c.shape), gpu.tensor(target, c.shape)];
  const op = c.loss === "sumMse" ? sumMseOp : bceProbOp;
  return opTask(gpu, op, inputs, { divisor }, c.pass === "dx" ? { i: 0, gy: Float32Array.of(1) } : null);
}

/** With limbs, their masks come first in the result. */
function maskTask(gpu: Gpu, c: MaskCase): Task {
  const config: Config = c.limbs ? c.config : { ...c.config, model: "CPM" };
  const labels = maskLabels(c);
  const draw = () => makeTargets(gpu, config, labels);
  return {
    ...tensorTask(gpu, [], () => draw().heat),
    result: () =>
      gpu.scopeAsync(async () => {
        const { heat, limb } = draw();
        return Float32Array.from([...((await limb?.data()) ?? []), ...(await heat.data())]);
      }),
  };
}

function adamTask(gpu: Gpu, { spec }: AdamCase): Task {
  const parameters = new Parameters(gpu, networkParameters(spec));
  const adam = new Adam(parameters);
  const loss = gpu.zeros([]);
  for (const [i, { name, shape }] of parameters.specs.entries()) {
    const size = shape.reduce((a, b) => a * b, 1);
    gpu.write(parameters.get(name), pattern(size, i));
    gpu.write(parameters.get(name).grad!, pattern(size, i + 1000));
  }
  return {
    async run(times) {
      for (let i = 0; i < times; i++) adam.step(ADAM_LR, loss);
      await gpu.finish();
    },
    async result() {
      adam.step(ADAM_LR, loss);
      return parameters.get(parameters.specs[0].name).data();
    },
    dispose() {
      loss.dispose();
      adam.dispose();
      parameters.dispose();
    },
  };
}
