import { suite } from "uvu";
import { type Nd, nd, ramp } from "../../engine/nd";
import { type Conv2dAttrs, convGeometry } from "../../engine/ops/conv/geometry";
import { conv2dReference, eachTerm } from "../../engine/ops/conv/reference";
import { type ConvVariant, pickConvVariant } from "../../engine/ops/conv/variant";
import { conv2d } from "../../engine/ops/conv2d";
import { testGpu } from "../helpers/gpu";
import { assertClose } from "../helpers/ops";

const test = suite("conv2d");

/** y, dx, dw, db on the GPU for given inputs and a gradient of y. */
async function onGpu([x, w, b]: Nd[], gy: Nd, attrs: Conv2dAttrs) {
  const gpu = await testGpu();
  return gpu.scopeAsync(async () => {
    const inputs = [x, w, b].map((t) => gpu.tensor(t.data, t.shape));
    for (const t of inputs) t.requiresGrad = true;
    const y = conv2d(inputs[0], inputs[1], inputs[2], attrs);
    y.keep();
    gpu.tape.backward(y, gpu.tensor(gy.data, gy.shape));
    const results = [y, ...inputs.map((t) => t.grad!)];
    const [yv, dx, dw, db] = await Promise.all(results.map((t) => t.data()));
    for (const t of results) t.dispose();
    return { y: yv, dx, dw, db };
  });
}

/** The same in float64, term by term. */
function onCpu([x, w, b]: Nd[], gy: Nd, attrs: Conv2dAttrs) {
  const y = conv2dReference([x, w, b], attrs);
  const g = convGeometry([x.shape, w.shape], attrs);
  const [dx, dw, db] = [nd(x.shape), nd(w.shape), nd(b.shape)];
  const dy = gy.data.map((v, i) => (attrs.relu && y.data[i] <= 0 ? 0 : v));
  for (let i = 0; i < dy.length; i++) db.data[Math.floor(i / (g.oh * g.ow)) % g.co] += dy[i];
  eachTerm(g, (xi, wi, yi) => {
    dx.data[xi] += w.data[wi] * dy[yi];
    dw.data[wi] += x.data[xi] * dy[yi];
  });
  return { y: y.data, dx: dx.data, dw: dw.data, db: db.data };
}

function example(x: number[], [co, kh, kw]: number[], attrs: Conv2dAttrs) {
  const shapes = [x, [co, x[1], kh, kw], [co]];
  const { n, oh, ow } = convGeometry(shapes, attrs);
  return { inputs: shapes.map((s, i) => ramp(s, -1, 1, i + 1)), gy: ramp([n, co, oh, ow], -1, 1, 9) };
}

async function check(x: number[], w: number[], attrs: Conv2dAttrs): Promise<void> {
  const { inputs, gy } = example(x, w, attrs);
  const [got, want] = [await onGpu(inputs, gy, attrs), onCpu(inputs, gy, attrs)];
  const what = `x [${x}] w [${w}]`;
  for (const k of ["y", "dx", "dw", "db"] as const) assertClose(got[k], want[k], 2e-5, `${k} of ${what}`);
}

/** The plan that a real GPU gets, to be run on whatever adapter is here. */
const gpuPlan = (x: number[], [co, kh, kw]: number[], attrs: Conv2dAttrs): ConvVariant =>
  pickConvVariant(convGeometry([x, [co, x[1], kh, kw]], attrs), { kind: "gpu", subgroups: true, subgroupSize: 32 });

const cases: [x: number[], w: number[], attrs: Conv2dAttrs][] = [
  [[1, 17, 12, 12], [16, 7, 7], { padding: 3, relu: true }],
  [[2, 7, 5, 6], [33, 7, 7], { padding: 3 }],
  [[1, 3, 37, 41], [5, 3, 3], { padding: 1, relu: true }],
  [[3, 33, 6, 4], [17, 3, 3], { padding: 1 }],
  [[2, 5, 12, 11], [40, 3, 3], { padding: 1, relu: true }],
  [[2, 9, 7, 9], [21, 1, 1], { relu: true }],
  [[1, 16, 6, 6], [7, 1, 1], {}],
];

for (const variant of ["slideBroadcast", "slidePlain", "direct"] as const) {
  test(`${variant}: forward and gradients equal the float64 reference`, async () => {
    const gpu = await testGpu();
    if (variant === "slideBroadcast" && gpu.adapter.subgroupSize < 4) {
      console.log("    skipped: this adapter has no subgroups of a fixed size");
      return;
    }
    // Plain loads cost a second set of pipelines: a few cases reach all of its code.
    const some = variant === "slidePlain" ? cases.slice(3, 6) : cases;
    for (const [x, w, attrs] of some) await check(x, w, { ...attrs, variant });
  });
}

test("the plan for a real GPU is right on this adapter too", async () => {
  for (const [x, w, attrs] of cases.slice(3, 6)) await check(x, w, { ...attrs, variant: gpuPlan(x, w, attrs) });
});

test.run();
