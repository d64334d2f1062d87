import { Adam, type DispatchSpec, Parameters, Sgd, type Shape, type Tensor } from "../../engine/index";
import * as nn from "../../engine/ops/index";
import { kernels } from "../../kernels/index";
import { groupsOf, HAND, renderTargets } from "../../masks/index";
import { augmentImages } from "../../train/data/augment/index";
import { SyntheticDataset } from "../../train/synthetic/index";
import { convolutionWork } from "./convolutions";
import { forwardAndBack, make, pattern, type Workload } from "./work";

/** An op of one or more tensors of the given shapes, there and back. */
const op = (title: string, shapes: readonly Shape[], run: (...inputs: Tensor[]) => Tensor): Workload => ({
  title,
  open(gpu) {
    const inputs = shapes.map((shape) => make(gpu, shape));
    return () => forwardAndBack(inputs, () => run(...inputs));
  },
});

const MILLION: Shape = [1024, 1024];
const MAPS: Shape = [4, 32, 48, 48];

const elementwise = op("2^20 values, and the gradient", [MILLION], nn.relu);
const batchNormalisation: Workload = {
  title: "[4, 32, 48, 48], training, and the gradients",
  open(gpu) {
    const inputs = [make(gpu, MAPS), make(gpu, [32]), make(gpu, [32])];
    const [runningMean, runningVariance] = [gpu.zeros([32]), nn.ones(gpu, [32])];
    const [x, gamma, beta] = inputs;
    return () => forwardAndBack(inputs, () => nn.batchNorm(x, { gamma, beta, runningMean, runningVariance }));
  },
};
const adam: Workload = {
  title: "an update of 2^20 parameters",
  open(gpu, onClose) {
    const parameters = new Parameters(gpu, [{ name: "w", shape: MILLION }]);
    const update = new Adam(parameters);
    const loss = gpu.zeros([]);
    onClose(() => {
      update.dispose();
      parameters.dispose();
    });
    return () => update.step(1e-3, loss);
  },
};

const sgd: Workload = {
  title: "an update of 2^20 values, with momentum",
  open(gpu, onClose) {
    const w = make(gpu, MILLION);
    const update = new Sgd([w], { lr: 1e-3, momentum: 0.9 });
    w.gradIsFresh = false;
    onClose(() => update.dispose());
    return () => update.step();
  },
};

const hands = (title: string, poses: "simple" | "full"): Workload => ({
  title,
  open(gpu) {
    const dataset = new SyntheticDataset(gpu, { seed: 0, splitName: "train", size: 16, imageSize: 96, poses });
    const images = gpu.empty([8, 3, 96, 96]);
    return () => dataset.renderInto(images, [0, 1, 2, 3, 4, 5, 6, 7]);
  },
});

const masks: Workload = {
  title: "8 hands on maps of 46 x 46",
  open(gpu) {
    const labels = Float64Array.from(pattern(8 * 2 * HAND.joints.length), (v) => 22 + 18 * v);
    const heat = gpu.empty([8, HAND.joints.length, 46, 46]);
    const limb = (grouping: string) => gpu.empty([8, groupsOf(HAND, grouping).length, 46, 46]);
    const [one, seven, twenty] = [limb("G1"), limb("G1_6"), limb("EACH")];
    return () => {
      renderTargets(gpu, HAND, labels, { heat }, { kind: "LPM", grouping: "G1" });
      for (const kind of ["LPM", "LDM"] as const) {
        renderTargets(gpu, HAND, labels, { heat, limb: one }, { kind, grouping: "G1" });
        renderTargets(gpu, HAND, labels, { heat, limb: seven }, { kind, grouping: "G1_6" });
        renderTargets(gpu, HAND, labels, { limb: twenty }, { kind, grouping: "EACH" });
      }
    };
  },
};

const augmentation: Workload = {
  title: "8 images of 96 x 96, turned and blurred",
  open(gpu) {
    const [from, to] = [make(gpu, [8, 3, 96, 96]), gpu.empty([8, 3, 96, 96])];
    const turned = {
      matrix: [
        [0.9, -0.4],
        [0.4, 0.9],
      ],
      shift: [3, -2],
      blur: 1,
      brightness: 1.1,
    } as const;
    const changes = Array.from({ length: 8 }, () => ({ ...turned, contrast: 0.9, saturation: 1, cutout: null }));
    return () => augmentImages(gpu, from, to, changes);
  },
};

const PROBES = 4096;
const LOADED = 2 ** 22;

/** One of the probes of `nsrm bench roofline`, in 64 workgroups of 64. */
const probe = (title: string, ...variants: Omit<DispatchSpec, "bindings" | "workgroups">[]): Workload => ({
  title: `${PROBES} invocations, each with ${title}`,
  open(gpu) {
    const y = gpu.empty([PROBES]);
    const x = gpu.zeros([LOADED]);
    return () => {
      for (const spec of variants) {
        const bindings: DispatchSpec["bindings"] = spec.kernel === kernels.probe_load ? { x, y } : { y };
        gpu.dispatch({ ...spec, bindings, workgroups: [PROBES / 64] });
      }
    };
  },
});

/** Kernels of other names than the convolutions', by the work that shows them. */
const WORK: Readonly<Record<string, Workload>> = {
  adam,
  gradient_partials: adam,
  gradient_control: adam,
  affine: op("2^20 values times a factor, and the gradient", [MILLION], (x) => nn.scale(x, 1.5)),
  arg_extremum: op("the largest of each of 1024 rows of 1024", [MILLION], (x) => nn.argMax(x, 1)),
  augment: augmentation,
  binary: op("the product and the quotient of 2^20 values, and the gradients", [MILLION, MILLION], (a, b) =>
    nn.div(nn.mul(a, b), nn.addScalar(nn.mul(b, b), 1)),
  ),
  cast: op("2^20 values to half precision and back, and the gradients", [MILLION], (x) =>
    nn.cast(nn.cast(x, "f16"), "f32"),
  ),
  camera: hands("8 photographs of 96 x 96, blurred and noisy", "full"),
  clip: op("2^20 values, and the gradient", [MILLION], (x) => nn.clip(x, -0.5, 0.5)),
  compare: op("the larger of 2^20 pairs, and the gradients", [MILLION, MILLION], nn.maximum),
  cross_entropy: op("1024 rows of 1024 logits, and the gradients", [MILLION, MILLION], (x, t) => nn.crossEntropy(x, t)),
  fill: op("2^20 values", [MILLION], nn.relu),
  hand: hands("8 hands of 96 x 96", "simple"),
  loss: op(
    "confidence maps of 8 hands, 46 x 46, and their gradients",
    [
      [8, HAND.joints.length, 46, 46],
      [8, HAND.joints.length, 46, 46],
    ],
    (a, b) => nn.add(nn.sumMse(a, b), nn.add(nn.bceLogits(a, b), nn.bceProb(nn.sigmoid(a), b))),
  ),
  masks,
  math: op("exp, log and sqrt of 2^20 values, and the gradients", [MILLION], (x) =>
    nn.sqrt(nn.log(nn.addScalar(nn.exp(x), 2))),
  ),
  matmul: {
    ...op(
      "256 x 256 by 256 x 256, and the gradients",
      [
        [256, 256],
        [256, 256],
      ],
      nn.matmul,
    ),
    flops: 2 * 256 ** 3,
  },
  norm: batchNormalisation,
  pool: op("3 x 3 maxima and means of [4, 32, 48, 48], and the gradients", [MAPS], (x) =>
    nn.add(nn.maxPool2d(x, { kernel: 3, stride: 2 }), nn.avgPool2d(x, { kernel: 3, stride: 2 })),
  ),
  probe_fma: {
    ...probe("1024 multiply-adds of 16 vec4", {
      kernel: kernels.probe_fma,
      params: { ACC: 16 },
      uniforms: { iterations: 1024, m: 0.999, c: 0.001 },
    }),
    flops: PROBES * 1024 * 16 * 4 * 2,
  },
  probe_load: probe(
    "1024 loads of vec4, or of values, from 16 MiB",
    { kernel: kernels.probe_load, params: { WIDTH: 4 }, uniforms: { loads: 1024, mask: LOADED / 4 - 1 } },
    { kernel: kernels.probe_load, params: { WIDTH: 1 }, uniforms: { loads: 1024, mask: LOADED - 1 } },
  ),
  probe_shared: probe("1024 loads of vec4 from workgroup memory", {
    kernel: kernels.probe_shared,
    uniforms: { loads: 1024 },
  }),
  power: op("2^20 powers, and the gradients", [MILLION, MILLION], (a, b) => nn.pow(nn.addScalar(a, 2), b)),
  reduce: op("sums of 2^20 values: over all, over rows, over columns", [MILLION], (x) =>
    nn.add(nn.sum(x), nn.add(nn.sum(nn.sum(x, [0])), nn.sum(nn.sum(x, [1])))),
  ),
  pool2x2: op("2 x 2 maxima of [4, 32, 48, 48], and the gradient", [MAPS], (x) =>
    nn.maxPool2d(x, { kernel: 2, stride: 2 }),
  ),
  relu: elementwise,
  running: batchNormalisation,
  sgd,
  sigmoid: op("2^20 values, and the gradient", [MILLION], nn.sigmoid),
  softmax: op("1024 rows of 1024, and the gradient", [MILLION], (x) => nn.softmax(x)),
  strided_copy: op("a transposition of 1024 x 1024, a piece, a concatenation", [MILLION], (x) =>
    nn.concat([nn.slice(nn.transpose(x), 0, 0, 512, 2), nn.slice(x, 0, 256, 768)], 0),
  ),
  where: op("2^20 choices, and the gradients", [MILLION, MILLION], (a, b) => nn.where(a.detach(), a, b)),
  upsample2x: op("[4, 32, 48, 48] to twice the size, and the gradient", [MAPS], nn.upsample2x),
};

/** The work that shows a kernel. */
export function workloadOf(kernel: string): Workload {
  // A kernel that is new, and not yet listed above: the ops' own small samples show it, where an op uses it.
  return convolutionWork(kernel) ?? WORK[kernel] ?? everyOp;
}

const everyOp: Workload = {
  title: "small samples of every op",
  open(gpu) {
    const possible = nn.opsOf({ ...nn }).filter((each) => gpu.adapter.f16 || each.dtype?.("f32") !== "f16");
    const work = possible.map((each) => {
      const [{ inputs, attrs, differentiable }] = each.samples();
      const tensors = inputs.map((x) => gpu.tensor(x.data, x.shape));
      const leaves = each.vjp ? tensors.filter((_, i) => differentiable?.includes(i) ?? true) : [];
      return () => forwardAndBack(leaves, () => each.apply(tensors, attrs));
    });
    return () => {
      for (const run of work) run();
    };
  },
};
