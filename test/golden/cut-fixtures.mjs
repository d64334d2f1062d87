// Cuts the committed fixtures out of the full golden files (see each entry's comment for what is left out and why).
// `node test/golden/cut-fixtures.mjs FOLDER_OF_THE_FULL_FILES`, run once; kept so that the cut is no mystery.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const source = process.argv[2];
if (!source) throw new Error("usage: node test/golden/cut-fixtures.mjs FOLDER");

const cuts = [
  // Adam over 12 steps with a change of the learning rate, whole.
  { file: "layers.safetensors", to: "adam.safetensors", keep: (name) => name.startsWith("adam.") },
  // A model with 7 limb channels: what goes in, every output, one gradient of each kind of layer, the weights after two
  // steps of five, and the losses of all. The rest is more of the same.
  {
    file: "model_tiny_lpm_g1_6.safetensors",
    to: "model.safetensors",
    keep: (name) =>
      /^(input|cm_target|limb_target)$|^(init|out|step2)\./.test(name) ||
      /^grad\.(vgg19\.backbone\.(0|10)|vgg19\.conv5_3|stage1\.stage1_1|stage3\.Mconv7|stage4\.Mconv1\.conv|stage6\.Mconv6)\./.test(
        name,
      ),
    metadata: ["kind", "config", "widths", "losses_f32", "losses_f64"],
  },
  // A run of 40 steps, with one of its stored states: the one before the eleventh.
  {
    file: "trajectory_tiny_ldm_g1.safetensors",
    to: "trajectory.safetensors",
    keep: (name) => /^(input|cm_target|limb_target)$|^state10\./.test(name),
    metadata: ["kind", "config", "widths", "losses_f32", "losses_f64"],
  },
];

for (const { file, to, keep, metadata = [] } of cuts) {
  const bytes = readFileSync(join(source, file));
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerBytes));
  const kept = Object.entries(header).filter(([name]) => name !== "__metadata__" && keep(name));
  const parts = [];
  const cut = metadata.length
    ? { __metadata__: Object.fromEntries(metadata.map((key) => [key, header.__metadata__[key]])) }
    : {};
  let end = 0;
  kept.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  for (const [name, { dtype, shape, data_offsets: offsets }] of kept) {
    const [from, until] = offsets.map((offset) => 8 + headerBytes + offset);
    parts.push(bytes.subarray(from, until));
    cut[name] = { dtype, shape, data_offsets: [end, (end += until - from)] };
  }
  const text = Buffer.from(JSON.stringify(cut));
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, " ");
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  writeFileSync(join("test/golden", to), Buffer.concat([length, padded, ...parts]));
  console.log(`${to}: ${kept.length} tensors, ${8 + padded.length + end} bytes`);
}
