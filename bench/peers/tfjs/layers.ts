import * as tf from "@tensorflow/tfjs-core";
import { networkParameters } from "../../../model/network/index";
import {
  ADAM_LR,
  type AdamCase,
  type ConvCase,
  convData,
  type LayerContender,
  type PeerDevice,
  type PoolCase,
  pattern,
  type Task,
} from "../../contract/index";
import { openBackend, type TfjsBackend } from "./backend";
import { toHwio, toNchw, toOihw } from "./layout";
import { lossTask, maskTask } from "./maps";
import { settle, tensorTask, upload } from "./task";

/** tfjs's kernels. */
export async function openLayers(device: PeerDevice): Promise<LayerContender> {
  const backend = await openBackend(device);
  return {
    tasks: {
      conv: (c) => convTask(backend, c),
      pool: (c) => poolTask(backend, c),
      masks: (c) => maskTask(backend, c),
      loss: (c) => lossTask(backend, c),
      adam: (c) => adamTask(backend, c),
    },
    close: async () => backend.close(),
  };
}

type Four = [number, number, number, number];

function convTask(backend: TfjsBackend, c: ConvCase): Task {
  const { shapes, ...data } = convData(c);
  const [n, ci, h, w] = shapes.x;
  const [x, gy] = [upload(data.x, shapes.x), upload(data.gy, shapes.gy)];
  const filterShape: Four = [c.kernel, c.kernel, ci, c.co];
  const filter = tf.tensor4d(toHwio(data.w, shapes.w), filterShape);
  const bias = tf.tensor1d(data.b);
  const attrs = { strides: [1, 1], pad: "same", dataFormat: "NHWC" };
  // The gradients' kernels are no public ops; tfjs's own gradient functions call them so.
  const kernel = (name: string, inputs: tf.NamedTensorMap, more: object): tf.Tensor =>
    tf.engine().runKernel(name, inputs, { ...attrs, ...more }) as tf.Tensor;
  const inputs = [x, gy, filter, bias];
  switch (c.pass) {
    case "forward":
      return tensorTask(backend, inputs, () => tf.fused.conv2d({ x, filter, bias, strides: 1, pad: "same" }), toNchw);
    case "dx": {
      const inputShape: Four = [n, h, w, ci];
      return tensorTask(
        backend,
        inputs,
        () => kernel("Conv2DBackpropInput", { dy: gy, filter }, { inputShape }),
        toNchw,
      );
    }
    case "dw":
      return tensorTask(backend, inputs, () => kernel("Conv2DBackpropFilter", { x, dy: gy }, { filterShape }), toOihw);
  }
}

function poolTask(backend: TfjsBackend, { batch, channels, size, pass }: PoolCase): Task {
  const x = upload(pattern(batch * channels * size * size, 1), [batch, channels, size, size]);
  const gy = upload(pattern(x.size / 4, 2), [batch, channels, size / 2, size / 2]);
  if (pass === "forward") return tensorTask(backend, [x, gy], () => tf.maxPool(x, 2, 2, "valid"), toNchw);
  const output = tf.maxPool(x, 2, 2, "valid");
  const attrs = { filterSize: 2, strides: 2, pad: "valid" };
  const record = () => tf.engine().runKernel("MaxPoolGrad", { dy: gy, input: x, output }, attrs) as tf.Tensor;
  return tensorTask(backend, [x, gy, output], record, toNchw);
}

function adamTask(backend: TfjsBackend, { spec }: AdamCase): Task {
  const specs = networkParameters(spec);
  const variables: tf.Variable[] = [];
  const gradients: Record<string, tf.Tensor> = {};
  for (const [i, { name, shape }] of specs.entries()) {
    const size = shape.reduce((a, b) => a * b, 1);
    const initial = tf.tensor(pattern(size, i), [...shape]);
    variables.push(tf.variable(initial, true, name));
    initial.dispose();
    gradients[name] = tf.tensor(pattern(size, i + 1000), [...shape]);
  }
  const adam = tf.train.adam(ADAM_LR, 0.9, 0.999, 1e-8);
  return {
    async run(times) {
      for (let i = 0; i < times; i++) adam.applyGradients(gradients as Record<string, tf.Variable>);
      await settle(backend, variables[variables.length - 1]);
    },
    async result() {
      adam.applyGradients(gradients as Record<string, tf.Variable>);
      return backend.read(variables[0]);
    },
    dispose() {
      adam.dispose();
      for (const t of [...variables, ...Object.values(gradients)]) t.dispose();
    },
  };
}
