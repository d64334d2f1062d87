import { basename, extname } from "node:path";
import { UserError } from "../engine/errors/index";
import { encodeOnnx, encodeTorchFile, type OnnxOptions } from "../model/exchange/index";
import { writeFileAtomic } from "../model/files/node";
import { networkParameters, STRIDE } from "../model/network/index";
import { type Config, resolveConfig } from "../train/config/index";
import { MEAN, STD } from "../train/data/index";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../train/files/node";
import { expectWeights, networkSpecOf } from "../train/step/index";
import { oneOf, wholeNumberFrom } from "./arguments";
import { expectApart } from "./paths";
import { LARGEST_SIDE } from "./sides";

export interface ExportOptions {
  format: string;
  out?: string;
  /** For onnx alone. */
  batch?: string;
  size?: string;
  stages?: string;
  sigmoid?: boolean;
  decode?: boolean;
}

/** What each format's file is called where the user does not say. */
const EXTENSIONS = { onnx: ".onnx", torch: ".pth", safetensors: ".weights.safetensors" } as const;
type Format = keyof typeof EXTENSIONS;
const ONNX_ALONE = ["batch", "size", "stages", "sigmoid", "decode"] as const;

/** Writes a checkpoint's weights for other programs. */
export async function exportCommand(path: string, options: ExportOptions): Promise<void> {
  const format = oneOf("--format", options.format, Object.keys(EXTENSIONS)) as Format;
  const stem = path.slice(0, path.length - extname(path).length);
  const out = options.out ?? stem + EXTENSIONS[format];
  expectApart("--out", out, [path]);
  const given = ONNX_ALONE.find((name) => options[name] !== undefined);
  if (format !== "onnx" && given) throw new UserError(`--${given}: only with --format onnx`);

  const checkpoint = loadCheckpoint(path, { weightsOnly: true });
  const { config } = resolveConfig(checkpoint.config, `${path}: its configuration`);
  const specs = networkParameters(networkSpecOf(config));
  expectWeights(specs, checkpoint.parameters, path);
  if (format === "onnx") await writeFileAtomic(out, onnxOf(checkpoint, config, options));
  if (format === "safetensors") await saveCheckpoint(out, checkpoint);
  if (format === "torch") {
    const tensors = specs.map(({ name, shape }) => ({ name, shape, data: checkpoint.parameters.get(name)!.value }));
    await writeFileAtomic(out, encodeTorchFile(tensors, basename(out, extname(out))));
  }
  console.log(`${out}: ${path} as ${WHAT[format]}`);
}

const WHAT: Readonly<Record<Format, string>> = {
  onnx: "an ONNX model",
  torch: "a PyTorch state dict with the original's names",
  safetensors: "its weights alone, still a checkpoint",
};

function onnxOf({ parameters }: Checkpoint, config: Config, options: ExportOptions): Uint8Array[] {
  const {
    batch = "dynamic",
    size = `${config.image_size}`,
    stages = "last",
    sigmoid = false,
    decode = false,
  } = options;
  const chosen: OnnxOptions = {
    batch: batch === "dynamic" ? batch : wholeNumberFrom("--batch", batch, 1),
    size: size === "dynamic" ? size : sidesOf(size),
    stages: oneOf("--stages", stages, ["last", "all"]) as OnnxOptions["stages"],
    sigmoid,
    decode,
  };
  return encodeOnnx(networkSpecOf(config), parameters, chosen, {
    input: `RGB, (value / 255 - mean) / std; mean ${MEAN.join(", ")}; std ${STD.join(", ")}`,
    experiment: config.name,
  });
}

/** "368" or "256x192", height first. */
function sidesOf(text: string): readonly [number, number] {
  const sides = text.split("x").map((side) => (/^\d+$/.test(side) ? Number(side) : Number.NaN));
  const [height, width = height] = sides;
  const isSide = (n: number) => n >= STRIDE && n <= LARGEST_SIDE && n % STRIDE === 0;
  if (sides.length > 2 || !isSide(height) || !isSide(width)) {
    const expected = `a multiple of ${STRIDE} up to ${LARGEST_SIDE}, HEIGHTxWIDTH of such, or dynamic`;
    throw new UserError(`--size ${text}: expected ${expected}`);
  }
  return [height, width];
}
