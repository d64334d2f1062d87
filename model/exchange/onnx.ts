import { UserError } from "../../engine/index";
import { type ConvSpec, type NetworkSpec, STRIDE, stagesOf, vggBlocks } from "../network/index";
import { type Dimension, OnnxGraph } from "./onnx-graph";

/** The model's inputs and outputs. */
export interface OnnxOptions {
  /** Images at once: a number, or any. */
  readonly batch: number | "dynamic";
  /** [height, width] of the images in pixels, multiples of 8; or any such. */
  readonly size: readonly [number, number] | "dynamic";
  /** Outputs of the last limb and keypoint stages, or of every one. */
  readonly stages: "last" | "all";
  /** Limb masks, from 0 to 1, instead of their logits. */
  readonly sigmoid: boolean;
  /** Joints beside the maps: where each last confidence map is largest. */
  readonly decode: boolean;
}

/**
 * A network as an ONNX model.
 *
 * Input `image` [B, 3, H, W], normalised. Outputs, of each stage N that is asked for (the last of a kind goes without the
 * number): `limb_logits_N`, or with `sigmoid` `limb_masks_N`, [B, L, H/8, W/8]; `heatmaps_N` [B, J, H/8, W/8], J joints; with
 * `decode` also `joints` [B, J, 2], x and y in pixels of the input image, and `confidence` [B, J].
 *
 * @param parameters every parameter of the network by name, row-major
 * @param metadata texts that go into the file, by key
 * @returns the file in consecutive pieces; the parameters are not copied
 * @throws UserError for `sigmoid` where the network has no limb masks
 */
export function encodeOnnx(
  spec: NetworkSpec,
  parameters: ReadonlyMap<string, { readonly shape: readonly number[]; readonly value: Float32Array }>,
  options: OnnxOptions,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  if (options.sigmoid && spec.architecture === "CPM") throw new UserError("--sigmoid: a CPM predicts no limb masks");
  const graph = new OnnxGraph(spec.architecture);
  for (const [name, { shape, value }] of parameters) graph.floats(name, shape, value);
  const batch: Dimension = options.batch === "dynamic" ? "batch" : options.batch;
  const [height, width]: readonly Dimension[] = options.size === "dynamic" ? ["height", "width"] : options.size;
  const cells = (pixels: Dimension) => (typeof pixels === "number" ? pixels / STRIDE : `${pixels}/${STRIDE}`);
  const maps = (channels: number) => [batch, channels, cells(height), cells(width)];

  let features = graph.input("image", [batch, 3, height, width]);
  for (const [i, convs] of vggBlocks(spec.widths).entries()) {
    if (i > 0) features = graph.node("MaxPool", [features], `pool${i}`, { kernel_shape: [2, 2], strides: [2, 2] });
    features = addConvs(graph, convs, features);
  }
  const stages = stagesOf(spec);
  const outputs: string[] = [];
  for (const { name, convs, reads } of stages) {
    const read = [features, ...reads.map((n) => outputs[n - 1])];
    const input = read.length > 1 ? graph.node("Concat", read, `${name}.input`, { axis: 1 }) : features;
    outputs.push(addConvs(graph, convs, input));
  }

  for (const [i, { kind, convs }] of stages.entries()) {
    const isLast = stages.findLastIndex((stage) => stage.kind === kind) === i;
    if (options.stages === "last" && !isLast) continue;
    const limbs = options.sigmoid ? "limb_masks" : "limb_logits";
    const name = `${kind === "limb" ? limbs : "heatmaps"}${isLast ? "" : `_${i + 1}`}`;
    graph.node(kind === "limb" && options.sigmoid ? "Sigmoid" : "Identity", [outputs[i]], name);
    graph.output(name, maps(convs.at(-1)!.outChannels));
  }
  if (options.decode) {
    addDecoding(graph, outputs.at(-1)!);
    graph.output("joints", [batch, spec.keypointChannels, 2]);
    graph.output("confidence", [batch, spec.keypointChannels]);
  }
  return graph.encode("nsrm-webgpu", metadata);
}

/** Convolutions one after another, each with its ReLU where it has one. @returns the last one's output */
function addConvs(graph: OnnxGraph, convs: readonly ConvSpec[], input: string): string {
  return convs.reduce((x, { name, kernel, relu }) => {
    const padding = (kernel - 1) / 2;
    const attributes = { kernel_shape: [kernel, kernel], pads: [padding, padding, padding, padding] };
    const y = graph.node("Conv", [x, `${name}.weight`, `${name}.bias`], `${name}.out`, attributes);
    return relu ? graph.node("Relu", [y], `${name}.relu`) : y;
  }, input);
}

/** The first maximum of each map in row-major order, as the original decodes; cell i is coordinate 8 i. */
function addDecoding(graph: OnnxGraph, heatmaps: string): void {
  const flat = graph.node("Reshape", [heatmaps, graph.integers("decode.flat", [0, 0, -1])], "decode.maps");
  graph.node("ReduceMax", [flat], "confidence", { axes: [2], keepdims: 0 });
  const best = graph.node("ArgMax", [flat], "decode.best", { axis: 2, keepdims: 1 });
  const columns = graph.node("Shape", [heatmaps], "decode.columns", { start: 3, end: 4 });
  const x = graph.node("Mod", [best, columns], "decode.x");
  const y = graph.node("Div", [best, columns], "decode.y");
  const cells = graph.node("Concat", [x, y], "decode.cells", { axis: 2 });
  const pixels = graph.node("Mul", [cells, graph.integers("decode.stride", [STRIDE])], "decode.pixels");
  graph.node("Cast", [pixels], "joints", { to: 1 });
}
