import {
  cast,
  type Gpu,
  type ParameterSpec,
  Parameters,
  type ParametersOptions,
  type Tensor,
} from "../../engine/index";
import { chainRunner, type Layer } from "./chain";
import { type ConvSpec, conv, parameterSpecs } from "./layers";
import { vggBlocks, vggLayers } from "./vgg19";
import type { Widths } from "./widths";

/** NSRM: limb-mask stages first, keypoint stages after. CPM: the baseline, keypoint stages alone. */
export type Architecture = "NSRM" | "CPM";

/** What activations and their gradients are stored in: float32, or float16 with float32 weights, sums and results. */
export type Precision = "single" | "mixed";

/** Which network, and how wide. */
export interface NetworkSpec {
  architecture: Architecture;
  widths: Widths;
  /** Limb-mask channels of NSRM: 1 (G1) or 7 (G1&6). CPM has none. */
  limbChannels: number;
  /** Keypoint confidence maps of a keypoint stage: one for each joint of the skeleton that is looked for, 21 for a hand. */
  keypointChannels: number;
}

/** What the network computes. Both lists are in the order of their stages. */
export interface NetworkOutput {
  /** VGG features [B, feat, h, w] */
  features: Tensor;
  /** Raw limb logits [B, L, h, w] a limb stage; empty for CPM. The sigmoid is the loss's and the caller's. */
  limbs: Tensor[];
  /** Keypoint confidence maps [B, J, h, w] a keypoint stage, J joints. */
  heatmaps: Tensor[];
}

/** One stage of the cascade: its layers, and which earlier stages' outputs it reads beside the features. */
export interface Stage {
  name: string;
  kind: "limb" | "keypoint";
  convs: ConvSpec[];
  reads: readonly number[];
}

/**
 * The cascade's stages. Stage 1 is two 1x1 convolutions; later ones five 7x7 and two 1x1 on the features beside earlier
 * outputs. In NSRM (the paper's Fig. 2) stages 1..3 predict limb masks, stage 4 reads stage 3's, and stages 5 and 6
 * read stage 3's and the keypoint maps before them. Every stage is handed raw logits.
 */
export function stagesOf({ architecture, widths, limbChannels, keypointChannels }: NetworkSpec): Stage[] {
  const nsrm = architecture === "NSRM";
  const channels = (stage: number) => (nsrm && stage <= 3 ? limbChannels : keypointChannels);
  return [1, 2, 3, 4, 5, 6].map((n) => {
    const name = `stage${n}`;
    const out = channels(n);
    const kind = nsrm && n <= 3 ? "limb" : "keypoint";
    if (n === 1) {
      const { feat, hid } = widths;
      const convs = [conv("stage1.stage1_1", feat, hid, 1), conv("stage1.stage1_2", hid, out, 1, false)];
      return { name, kind, convs, reads: [] };
    }
    const reads = nsrm && n >= 5 ? [3, n - 1] : [n - 1];
    const input = widths.feat + reads.reduce((sum, stage) => sum + channels(stage), 0);
    const { stage: hidden } = widths;
    const convs = [1, 2, 3, 4, 5].map((i) => conv(`${name}.Mconv${i}.conv`, i === 1 ? input : hidden, hidden, 7));
    convs.push(conv(`${name}.Mconv6`, hidden, hidden, 1), conv(`${name}.Mconv7`, hidden, out, 1, false));
    return { name, kind, convs, reads };
  });
}

/** Names and shapes of every parameter, the original's, in its order. */
export function networkParameters(spec: NetworkSpec): ParameterSpec[] {
  return parameterSpecs([...vggBlocks(spec.widths).flat(), ...stagesOf(spec).flatMap((s) => s.convs)]);
}

/** VGG19 features and the six-stage cascade of the Convolutional Pose Machine, with limb-mask stages (NSRM) or without. */
export class Network {
  readonly parameters: Parameters;
  /**
   * How many of the ten segments (four VGG blocks, six stages), from the image on, backward runs again so that their inner
   * activations need not wait for it. The first blocks have by far the largest.
   */
  checkpointSegments = 0;
  /** Mixed precision needs an adapter with shader-f16. */
  precision: Precision = "single";
  readonly #backbone: Layer[][];
  readonly #stages: Stage[];

  constructor(
    readonly gpu: Gpu,
    readonly spec: NetworkSpec,
    options: ParametersOptions = {},
  ) {
    this.#backbone = vggLayers(spec.widths);
    this.#stages = stagesOf(spec);
    this.parameters = new Parameters(gpu, networkParameters(spec), options);
  }

  /**
   * @param image [B, 3, H, W] normalised; H and W divisible by 8
   * @returns tensors that live until the caller's scope ends; in mixed precision the features are float16
   */
  forward(image: Tensor): NetworkOutput {
    const dtype = this.precision === "mixed" ? "f16" : image.dtype;
    const run = chainRunner(this.parameters, { dtype, checkpointed: this.checkpointSegments });
    const features = run([image], ...this.#backbone);
    const maps: Tensor[] = [];
    for (const { convs, reads } of this.#stages) {
      maps.push(run([features, ...reads.map((stage) => maps[stage - 1])], convs));
    }
    const of = (kind: Stage["kind"]) =>
      maps.filter((_, i) => this.#stages[i].kind === kind).map((logits) => cast(logits, "f32"));
    return { features, limbs: of("limb"), heatmaps: of("keypoint") };
  }

  /** Releases the parameters. */
  dispose(): void {
    this.parameters.dispose();
  }
}
