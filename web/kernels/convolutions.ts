import { conv2d } from "../../engine/index";
import {
  type Adapter,
  asOneRow,
  type ConvGeometry,
  type ConvPlan,
  type ConvSample,
  convGeometry,
  convKernels,
  type Family,
  families,
  pickConvPlan,
} from "../../engine/ops/conv/index";
import type { Kernel } from "../../kernels/index";
import { forwardAndBack, make, type Workload } from "./work";

/** The convolutions that kernels are compared on: each family's on the first of these that it can do. */
const LAYERS: readonly ConvSample[] = [
  { x: [1, 32, 46, 46], w: [32, 3, 3], attrs: { padding: 1 } },
  { x: [1, 128, 46, 46], w: [128, 1, 1], attrs: {} },
  { x: [1, 32, 46, 46], w: [32, 7, 7], attrs: { padding: 3 } },
];

/** That of the kernels that families have in common: so narrow that its gradient by the weights is a sum of shares. */
const NARROW: ConvSample = { x: [1, 8, 92, 92], w: [8, 3, 3], attrs: { padding: 1 } };

/** The work that shows a kernel of the convolutions; null for another kernel. */
export function convolutionWork(kernel: string): Workload | null {
  const isShown = ({ name }: Kernel) => name === kernel;
  const family = families.find(({ kernels: { sums, around } }) => [...sums, ...around].some(isShown));
  if (family) return familyWork(family, family.kernels.sums.some(isShown) && !family.cost);
  return convKernels.some(isShown) ? convolution(NARROW, () => [undefined]) : null;
}

/** A family's ways to compute a layer. @param direct its kernel does all the multiply-adds of the formula */
function familyWork(family: Family, direct: boolean): Workload {
  const anyGpu = { kind: "gpu", subgroups: true, subgroupSize: 32 } as const;
  const layer = LAYERS.find((each) => family.can(geometryOf(each), anyGpu)) ?? family.sample;
  const work = convolution(layer, (adapter) => plansOf(family, geometryOf(layer), adapter));
  const { n, ci, co, kh, kw, oh, ow } = geometryOf(layer);
  return { ...work, flops: direct ? 2 * n * ci * co * kh * kw * oh * ow : undefined };
}

const geometryOf = ({ x, w: [co, kh, kw], attrs }: ConvSample): ConvGeometry =>
  asOneRow(convGeometry([x, [co, x[1], kh, kw]], attrs));

/** A convolution and its gradients, by each of the plans for an adapter; undefined: by the usual one. */
function convolution(
  { x, w: [co, kh, kw], attrs }: ConvSample,
  plans: (adapter: Adapter) => readonly (ConvPlan | undefined)[],
): Workload {
  const [, ci, height, width] = x;
  return {
    title: `${kh} x ${kw} convolution, ${ci} to ${co} channels, ${height} x ${width}, and its gradients`,
    open(gpu) {
      const inputs = [make(gpu, x), make(gpu, [co, ci, kh, kw]), make(gpu, [co])];
      const all = plans(gpu.adapter);
      return () => {
        for (const variant of all) {
          forwardAndBack(inputs, () => conv2d(inputs[0], inputs[1], inputs[2], { ...attrs, relu: true, variant }));
        }
      };
    },
  };
}

/** What tuning tries of a family on this adapter, with broadcasts and without, and what tests ask for as on a real GPU. */
function plansOf(family: Family, g: ConvGeometry, adapter: Adapter): ConvPlan[] {
  const adapters: Adapter[] = [adapter, { ...adapter, subgroups: false }];
  const forced = Object.values(family.variants).flatMap((variant) => variant(g, { ...adapter, kind: "gpu" }) ?? []);
  const passes = distinct([...adapters.flatMap((a) => family.candidates(g, a)), ...forced.map((p) => p.forward)]);
  const tried = adapters.flatMap((a) => family.dwCandidates?.(g, a) ?? []);
  const gradients = distinct([...tried, ...forced.flatMap(({ dw }) => dw ?? [])]);
  const { dw: usual } = pickConvPlan(g, adapter);
  return Array.from({ length: Math.max(passes.length, gradients.length) }, (_, i) => {
    const pass = passes[i % passes.length];
    return { forward: pass, dx: pass, dw: gradients.length ? gradients[i % gradients.length] : usual };
  });
}

/** The first of those that differ in more than their workgroups' size, which is no parameter of a kernel's text. */
function distinct<P>(passes: readonly P[]): P[] {
  const keys = passes.map((p) => JSON.stringify(p, (name, value) => (name === "workgroup" ? undefined : value)));
  return passes.filter((_, i) => keys.indexOf(keys[i]) === i);
}
