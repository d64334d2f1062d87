import { listAdapters } from "../engine/adapters/node";
import { type Attempt, type Gpu, nd, ramp } from "../engine/index";
import { conv2dOp } from "../engine/ops/index";
import { tellOf, withGpu } from "./gpu";

/** Largest error of the trial convolution, relative to its result's absmax. */
const TOLERANCE = 1e-5;

export async function doctor(options: { json?: boolean; adapter?: string }): Promise<void> {
  const attempts: Attempt[] = [];
  const found = await listAdapters(attempts);
  tellOf(attempts);
  await withGpu(options.adapter, async (gpu) => {
    const error = await trialConvolution(gpu);
    const report = {
      found,
      tried: attempts.map(({ route, outcome }) => ({ route, outcome })),
      taken: gpu.adapter,
      why:
        (options.adapter ?? process.env.NSRM_ADAPTER)
          ? "asked for"
          : "the first that works: gpu, lavapipe, swiftshader",
      limits: limitsOf(gpu),
      features: [...gpu.device.features].sort(),
      convolution: { relative_error: error, ok: error <= TOLERANCE },
    };
    console.log(options.json ? JSON.stringify(report) : describe(report));
    if (error > TOLERANCE) process.exitCode = 1;
  });
}

/** Forward of a small 3x3 convolution with bias and ReLU, against the float64 reference. */
async function trialConvolution(gpu: Gpu): Promise<number> {
  const inputs = [ramp([2, 5, 9, 11]), ramp([7, 5, 3, 3], -1, 1, 1), ramp([7], -1, 1, 2)];
  const attrs = { padding: 1, relu: true };
  const want = conv2dOp.reference(
    inputs.map((x) => nd(x.shape, x.data)),
    attrs,
  ).data;
  return gpu.scopeAsync(async () => {
    const y = conv2dOp.apply(
      inputs.map((x) => gpu.tensor(x.data, x.shape)),
      attrs,
    );
    const got = await y.data();
    const absmax = want.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    return want.reduce((worst, v, i) => Math.max(worst, Math.abs(v - got[i])), 0) / absmax;
  });
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBuffersPerShaderStage",
  "minStorageBufferOffsetAlignment",
] as const;

const limitsOf = (gpu: Gpu): Record<string, number> =>
  Object.fromEntries(LIMITS.map((name) => [name, Number(gpu.limits[name])]));

function describe(r: {
  found: { kind: string; name: string }[];
  tried: Pick<Attempt, "route" | "outcome">[];
  taken: Gpu["adapter"];
  why: string;
  limits: Record<string, number>;
  features: string[];
  convolution: { relative_error: number; ok: boolean };
}): string {
  const { taken, convolution } = r;
  return [
    "adapters found:",
    ...r.found.map((a) => `  ${a.kind.padEnd(12)} ${a.name}`),
    "tried:",
    ...r.tried.map((a) => `  ${a.route.padEnd(14)} ${a.outcome}`),
    `taken: ${taken.kind}, ${taken.name} (${r.why})`,
    `subgroups: ${taken.subgroups ? `yes, ${taken.subgroupSize || "varying"} wide` : "no"}; f16: ${taken.f16 ? "yes" : "no"}; subgroup matrices: ${taken.subgroupMatrix ? "yes (not used yet)" : "no"}; timestamps: ${taken.timestamps ? "yes" : "no"}`,
    "limits:",
    ...Object.entries(r.limits).map(([name, value]) => `  ${name.padEnd(36)} ${value.toLocaleString("en")}`),
    `features: ${r.features.join(", ")}`,
    `trial convolution: relative error ${convolution.relative_error.toExponential(1)}, ${convolution.ok ? "ok" : "WRONG"}`,
  ].join("\n");
}
