import { type NetworkSpec, networkParameters, vggBlocks } from "../../model/network/index";
import { type Config, skeletonOf } from "../../train/config/index";
import { cellsOf } from "../../train/pose/index";
import { networkSpecOf } from "../../train/step/index";
import type { LayerCase } from "../contract/index";

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
  const skeleton = skeletonOf(config);
  const count = skeleton.joints.length;
  const side = cellsOf(image_size);
  const pixels = batch * side * side;
  const cases: LayerCase[] = [];
  const limbs = model === "NSRM" ? limbc : 0;
  // Some 8 FLOPs a joint (its distance, an exponential) and 30 a limb.
  const joints = { flops: pixels * count * 8, bytes: 4 * pixels * count };
  const common = { op: "masks", pass: "forward", layers: 1, config } as const;
  cases.push({ ...common, ...joints, name: `${count} joints @${side}`, limbs: false });
  if (limbs) {
    const name = `${count} joints, ${config.limb_mask} ${limbs === 7 ? "G1&6" : "G1"} @${side}`;
    const [flops, bytes] = [joints.flops + pixels * skeleton.limbs.length * 30, joints.bytes + 4 * pixels * limbs];
    cases.push({ ...common, name, flops, bytes, limbs: true });
  }
  const losses = [{ loss: "sumMse", channels: count, layers: limbs ? 3 : 6 }] as const;
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
