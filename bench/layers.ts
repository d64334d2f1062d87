import { type NetworkSpec, networkParameters } from "../model/network/network";
import { vggBlocks } from "../model/network/vgg19";
import type { Config } from "../train/config/resolve";
import { networkSpecOf } from "../train/step/setup";

/** One computation of a training step, sizes in full. Values are made by `pattern`, the same for every contender. */
export type LayerCase = {
  /** How many layers of the network have this shape. */
  layers: number;
  /** Multiply-adds count two; what the formula asks for, whatever a kernel does. */
  flops: number;
  /** Bytes of every input and output once: the least that must move. */
  bytes: number;
} & (ConvCase | PoolCase | MaskCase | LossCase | AdamCase);

export interface ConvCase {
  op: "conv";
  pass: "forward" | "dx" | "dw";
  name: string;
  batch: number;
  ci: number;
  co: number;
  kernel: number;
  /** Side of the square map, the same in and out. */
  size: number;
}

export interface PoolCase {
  op: "pool";
  pass: "forward" | "dx";
  name: string;
  batch: number;
  channels: number;
  size: number;
}

export interface MaskCase {
  op: "masks";
  pass: "forward";
  name: string;
  config: Config;
  /** With the limb masks, as a step draws them in one go; confidence maps alone otherwise. */
  limbs: boolean;
}

export interface LossCase {
  op: "loss";
  pass: "forward" | "dx";
  name: string;
  loss: "sumMse" | "bceProb";
  shape: readonly number[];
}

export interface AdamCase {
  op: "adam";
  pass: "update";
  name: string;
  spec: NetworkSpec;
}

/** Every distinct computation of a configuration's training step, in the network's order. */
export function layerCases(config: Config): LayerCase[] {
  const spec = networkSpecOf(config);
  return [...convCases(config, spec), ...poolCases(config, spec), ...mapCases(config), adamCase(spec)];
}

/** Cases whose name holds `filter`; all of them for "all". */
export const chooseLayers = (cases: readonly LayerCase[], filter: string): LayerCase[] =>
  cases.filter((c) => filter === "all" || `${c.op} ${c.name} ${c.pass}`.includes(filter));

function convCases({ batch_size: batch, image_size }: Config, spec: NetworkSpec): LayerCase[] {
  const blockOf = new Map(vggBlocks(spec.widths).flatMap((block, i) => block.map(({ name }) => [name, i] as const)));
  const shapes = new Map<string, { co: number; ci: number; kernel: number; size: number; layers: number }>();
  for (const { name, shape } of networkParameters(spec)) {
    if (shape.length !== 4) continue;
    const [co, ci, kernel] = shape;
    const size = image_size / 2 ** (blockOf.get(name.replace(/\.weight$/, "")) ?? 3);
    const key = `${kernel}x${kernel} ${ci}-${co} @${size}`;
    const known = shapes.get(key);
    if (known) known.layers++;
    else shapes.set(key, { co, ci, kernel, size, layers: 1 });
  }
  return [...shapes].flatMap(([name, { co, ci, kernel, size, layers }]) => {
    const [x, y, w] = [batch * ci * size * size, batch * co * size * size, co * ci * kernel * kernel];
    const flops = 2 * y * ci * kernel * kernel;
    const bytes = { forward: 4 * (x + w + co + y), dx: 4 * (x + w + y), dw: 4 * (x + w + y) };
    return (["forward", "dx", "dw"] as const)
      .filter((pass) => pass !== "dx" || ci !== 3) // nobody asks for the image's gradient
      .map(
        (pass): LayerCase => ({
          op: "conv",
          pass,
          name,
          layers,
          flops,
          bytes: bytes[pass],
          batch,
          ci,
          co,
          kernel,
          size,
        }),
      );
  });
}

function poolCases({ batch_size: batch, image_size }: Config, { widths }: NetworkSpec): LayerCase[] {
  return [0, 1, 2].flatMap((block) => {
    const [channels, size] = [widths.vgg[block], image_size / 2 ** block];
    const y = (batch * channels * size * size) / 4;
    const name = `2x2 ${channels} @${size}`;
    const common = { op: "pool", name, layers: 1, flops: 3 * y, batch, channels, size } as const;
    return [
      { ...common, pass: "forward", bytes: 4 * 5 * y },
      { ...common, pass: "dx", bytes: 4 * 9 * y },
    ];
  });
}

/** The target maps and the losses on them. */
function mapCases(config: Config): LayerCase[] {
  const { batch_size: batch, image_size, limbc, model } = config;
  const side = image_size / 8;
  const pixels = batch * side * side;
  const cases: LayerCase[] = [];
  const limbs = model === "NSRM" ? limbc : 0;
  // Some 8 FLOPs a joint (its distance, an exponential) and 30 a limb.
  const joints = { flops: pixels * 21 * 8, bytes: 4 * pixels * 21 };
  const common = { op: "masks", pass: "forward", layers: 1, config } as const;
  cases.push({ ...common, ...joints, name: `21 joints @${side}`, limbs: false });
  if (limbs) {
    const name = `21 joints, ${config.limb_mask} ${limbs === 7 ? "G1&6" : "G1"} @${side}`;
    const [flops, bytes] = [joints.flops + pixels * 20 * 30, joints.bytes + 4 * pixels * limbs];
    cases.push({ ...common, name, flops, bytes, limbs: true });
  }
  const losses = [{ loss: "sumMse", channels: 21, layers: limbs ? 3 : 6 }] as const;
  const all = limbs ? [...losses, { loss: "bceProb", channels: limbs, layers: 3 } as const] : losses;
  for (const { loss, channels, layers } of all) {
    const n = pixels * channels;
    const common = { op: "loss", name: `${loss} ${channels} @${side}`, layers, loss } as const;
    const shape = [batch, channels, side, side];
    cases.push({ ...common, pass: "forward", shape, flops: 3 * n, bytes: 8 * n });
    cases.push({ ...common, pass: "dx", shape, flops: 3 * n, bytes: 12 * n });
  }
  return cases;
}

function adamCase(spec: NetworkSpec): LayerCase {
  const n = networkParameters(spec).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  // Reads gradient (twice: norm and update), value and moments; writes value and moments.
  return { op: "adam", pass: "update", name: `${n} values`, layers: 1, flops: 16 * n, bytes: 4 * 8 * n, spec };
}

/** Numbers in [-1, 1) that depend on `seed` alone (xorshift32, Marsaglia 2003). */
export function pattern(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = state / 2 ** 31;
  }
  return values;
}

/** A convolution's image, weights, bias and gradient of the result, PyTorch's layout. */
export function convData({ batch, ci, co, kernel, size }: ConvCase) {
  const shapes = {
    x: [batch, ci, size, size],
    w: [co, ci, kernel, kernel],
    b: [co],
    gy: [batch, co, size, size],
  } as const;
  const make = (shape: readonly number[], seed: number) =>
    pattern(
      shape.reduce((a, b) => a * b, 1),
      seed,
    );
  return {
    shapes,
    x: make(shapes.x, 1),
    w: make(shapes.w, 2),
    b: make(shapes.b, 3),
    gy: make(shapes.gy, 4),
  };
}

/** A loss's predictions and targets, both within (0, 1), and what its sum is divided by. */
export function lossData({ shape }: LossCase) {
  const size = shape.reduce((a, b) => a * b, 1);
  const probabilities = (seed: number) => pattern(size, seed).map((v) => 0.5 + 0.49 * v);
  return { prediction: probabilities(1), target: probabilities(2), divisor: shape[0] * 46 * 46 };
}

/** Joints somewhere on the maps: [batch, 21, 2] in map units. */
export const maskLabels = ({ config: { batch_size, image_size } }: MaskCase): Float64Array =>
  Float64Array.from(pattern(batch_size * 42, 1), (v) => ((v + 1) / 2) * (image_size / 8 - 1));

/** Some elements of a convolution case's result, spread over it, by the formula in float64. */
export function convReference(
  c: ConvCase,
  data: ReturnType<typeof convData>,
  samples = 12,
): { at: number; value: number }[] {
  const { batch, ci, co, kernel: k, size } = c;
  const { x, w, b, gy } = data;
  const half = (k - 1) / 2;
  const plane = size * size;
  const inside = (v: number) => v >= 0 && v < size;
  const result = { forward: batch * co * plane, dx: batch * ci * plane, dw: co * ci * k * k }[c.pass];
  const element = (at: number): number => {
    let sum = 0;
    if (c.pass === "dw") {
      const [kx, ky] = [at % k, Math.floor(at / k) % k];
      const [i, o] = [Math.floor(at / (k * k)) % ci, Math.floor(at / (k * k * ci))];
      for (let n = 0; n < batch; n++) {
        for (let p = 0; p < plane; p++) {
          const [px, py] = [(p % size) + kx - half, Math.floor(p / size) + ky - half];
          if (inside(px) && inside(py)) sum += x[(n * ci + i) * plane + py * size + px] * gy[(n * co + o) * plane + p];
        }
      }
      return sum;
    }
    // The gradient by x is the convolution of gy with the weights' channels swapped and their taps turned round.
    const forward = c.pass === "forward";
    const [from, to] = forward ? [ci, co] : [co, ci];
    const [column, row] = [at % size, Math.floor(at / size) % size];
    const [channel, n] = [Math.floor(at / plane) % to, Math.floor(at / (plane * to))];
    for (let f = 0; f < from; f++) {
      for (let tap = 0; tap < k * k; tap++) {
        const [px, py] = [column + (tap % k) - half, row + Math.floor(tap / k) - half];
        if (!inside(px) || !inside(py)) continue;
        const weight = forward ? w[(channel * ci + f) * k * k + tap] : w[(f * ci + channel) * k * k + k * k - 1 - tap];
        sum += weight * (forward ? x : gy)[(n * from + f) * plane + py * size + px];
      }
    }
    return forward ? sum + b[channel] : sum;
  };
  return Array.from({ length: samples }, (_, i) => {
    const at = Math.floor(((i + 0.5) * result) / samples);
    return { at, value: element(at) };
  });
}
