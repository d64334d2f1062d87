import * as tf from "@tensorflow/tfjs-core";
import type { Task } from "../../contract/index";
import type { TfjsBackend } from "./backend";
import { toNhwc } from "./layout";

/** An image of PyTorch's layout as tfjs wants it, channels last. */
export const upload = (values: Float32Array, shape: readonly number[]): tf.Tensor4D => {
  const [n, c, h, w] = shape;
  return tf.tensor4d(toNhwc(values, shape), [n, h, w, c]);
};

/** Reading one element of a result back waits for all that was recorded before. */
export async function settle(backend: TfjsBackend, t: tf.Tensor): Promise<void> {
  const one = tf.tidy(() => tf.slice(tf.reshape(t, [-1]), 0, 1));
  await backend.read(one);
  one.dispose();
}

/** A task whose result is a tensor that `record` makes. @param toTorch its values in PyTorch's layout */
export function tensorTask(
  backend: TfjsBackend,
  inputs: readonly tf.Tensor[],
  record: () => tf.Tensor,
  toTorch: (values: Float32Array, shape: readonly number[]) => Float32Array,
): Task {
  return {
    async run(times) {
      for (let i = 1; i < times; i++) tf.tidy(record).dispose();
      const last = tf.tidy(record);
      await settle(backend, last);
      last.dispose();
    },
    async result() {
      const y = tf.tidy(record);
      const values = await backend.read(y);
      y.dispose();
      return toTorch(values, y.shape);
    },
    dispose() {
      for (const t of inputs) t.dispose();
    },
  };
}
