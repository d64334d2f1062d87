import type { Tensor } from "../../engine/index";
import type { Learner, MicroBatch } from "../step/index";

/**
 * A ReLU whose input is so close to zero that float32 cannot decide its side: two correct implementations that add in
 * another order may differ there, and then their gradients differ visibly.
 */
export interface Tie {
  /** The convolution whose ReLU it is, its output channel, and the flat index in its output. */
  layer: string;
  channel: number;
  index: number;
  /** What the channel's bias needs for the unit to come out on its other side. */
  nudge: number;
}

/** Share of a layer's largest output below which a pre-activation's sign is float32's noise. */
const NOISE = 1e-6;

/**
 * Finds the ties of a network on a batch: units that change sides when their layer's biases move by the noise of float32.
 * Weights are as before when it returns.
 */
export async function findTies(learner: Learner, batch: MicroBatch): Promise<Tie[]> {
  const { parameters } = learner.network;
  const base = await layerOutputs(learner, batch);
  const ties: Tie[] = [];
  for (const [layer, { values, shape }] of base) {
    if (values.some((v) => v < 0)) continue; // no ReLU here
    const bias = parameters.get(`${layer}.bias`);
    const before = await bias.data();
    const noise = NOISE * values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    for (const nudge of [noise, -noise]) {
      parameters.load(
        `${layer}.bias`,
        before.map((b) => b + nudge),
      );
      const moved = (await layerOutputs(learner, batch)).get(layer)!.values;
      const area = shape[2] * shape[3];
      for (let index = 0; index < values.length; index++) {
        if (values[index] > 0 === moved[index] > 0) continue;
        ties.push({ layer, channel: Math.floor(index / area) % shape[1], index, nudge });
      }
    }
    parameters.load(`${layer}.bias`, before);
  }
  return ties;
}

/** Runs `body` with the ties' channels nudged to their other side. */
export async function withFlipped<T>(learner: Learner, ties: readonly Tie[], body: () => Promise<T>): Promise<T> {
  const { parameters } = learner.network;
  const saved = new Map<string, Float32Array>();
  for (const { layer, channel, nudge } of ties) {
    const name = `${layer}.bias`;
    const values = await parameters.get(name).data();
    if (!saved.has(name)) saved.set(name, values.slice());
    values[channel] += nudge;
    parameters.load(name, values);
  }
  try {
    return await body();
  } finally {
    for (const [name, values] of saved) parameters.load(name, values);
  }
}

/** Every convolution's output by layer. */
async function layerOutputs(learner: Learner, batch: MicroBatch) {
  const { gpu, network } = learner;
  const seen = new Map<string, Tensor>();
  return gpu.scopeAsync(async () => {
    gpu.tape.observer = (what, value) => {
      const layer = /^conv2d in (.+)$/.exec(what)?.[1];
      if (layer) seen.set(layer, value.view());
    };
    try {
      gpu.tape.noGrad(() => network.forward(batch().input));
    } finally {
      gpu.tape.observer = null;
    }
    const outputs = new Map<string, { values: Float32Array; shape: readonly number[] }>();
    for (const [layer, t] of seen) {
      outputs.set(layer, { values: await t.data(), shape: t.shape });
      t.dispose();
    }
    return outputs;
  });
}
