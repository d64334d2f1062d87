import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { Parameters } from "../../../engine/core/parameters";
import { sizeOf, type Tensor } from "../../../engine/core/tensor";
import { add, cast, concat, conv2d, maxPool2d, sum } from "../../../engine/ops/index";
import { chainRunner, type Layer, POOL } from "../../../model/network/chain";
import { type ConvSpec, conv, parameterSpecs } from "../../../model/network/layers";
import { testGpu } from "../../helpers/gpu";
import { assertClose } from "../../helpers/ops";
import { numbers } from "../../helpers/tiny";

const test = suite("chain");

const CONVS = [
  conv("a", 5, 4, 3),
  conv("b", 4, 4, 7),
  conv("c", 4, 6, 3),
  conv("d", 6, 6, 1),
  conv("e", 6, 2, 1, false),
];
const [A, B, C, D, E] = CONVS;
/** Kernels that differ; poolings at a segment's beginning and end. */
const SEGMENTS: Layer[][] = [[A], [POOL, B, POOL], [C, D], [E]];

function parametersOf(gpu: Gpu, convs: readonly ConvSpec[]): Parameters {
  const parameters = new Parameters(gpu, parameterSpecs(convs));
  for (const [i, { name, shape }] of parameters.specs.entries()) {
    parameters.load(name, numbers(sizeOf(shape), i + 1, -0.5, 0.6));
  }
  return parameters;
}

/** The same layers, one by one as anybody would write them. */
function byHand(parameters: Parameters, inputs: readonly Tensor[]): Tensor {
  let h = concat(inputs, 1);
  for (const layer of SEGMENTS.flat()) {
    if (layer === POOL) {
      h = maxPool2d(h, { kernel: 2 });
      continue;
    }
    const [w, b] = [parameters.get(`${layer.name}.weight`), parameters.get(`${layer.name}.bias`)];
    h = conv2d(h, w, b, { padding: (layer.kernel - 1) / 2, relu: layer.relu });
  }
  return h;
}

const given = (gpu: Gpu) =>
  [3, 2].map((channels) => gpu.tensor(numbers(2 * channels * 16 * 24, channels, -1), [2, channels, 16, 24]));

/** A chain's result, read twice, and the gradients by its parameters and inputs. */
async function results(gpu: Gpu, run: (parameters: Parameters, inputs: readonly Tensor[]) => Tensor) {
  const parameters = parametersOf(gpu, CONVS);
  const all = await gpu.scopeAsync(async () => {
    const inputs = given(gpu);
    for (const x of inputs) x.requiresGrad = true;
    parameters.zeroGrad();
    const loss = gpu.scope(() => {
      const y = run(parameters, inputs);
      return add(sum(y), sum(conv2d(y, gpu.tensor(numbers(4, 9), [2, 2, 1, 1]))));
    });
    const value = await loss.item();
    loss.backward();
    const gradients = await Promise.all(inputs.map((x) => x.grad!.data()));
    for (const x of inputs) x.grad!.dispose();
    const weights = await parameters.readArena(parameters.gradients);
    return [Float32Array.of(value), ...gradients, ...weights.values()];
  });
  parameters.dispose();
  return all;
}

test("a chain computes what its layers do one by one, checkpointed or not", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const want = await results(gpu, byHand);
  const kept = await results(gpu, (parameters, inputs) => chainRunner(parameters)(inputs, ...SEGMENTS));
  for (const [i, values] of want.entries()) assertClose(kept[i], values, 1e-5, `result ${i}`);
  for (const checkpointed of [1, 2, 10]) {
    const again = await results(gpu, (p, inputs) => chainRunner(p, { checkpointed })(inputs, ...SEGMENTS));
    assert.equal(again, kept, `${checkpointed} segments run again`);
  }
  assert.is(gpu.pool.liveBytes, before);
});

test("as many segments are checkpointed as are asked for, counted over all chains", async () => {
  const gpu = await testGpu();
  const parameters = parametersOf(gpu, CONVS);
  const recorded = (checkpointed: number) =>
    gpu.scope(() => {
      const run = chainRunner(parameters, { checkpointed });
      const before = gpu.tape.length;
      const y = run(given(gpu), [A, POOL], [B]);
      run([y], [C, D], [E]);
      return gpu.tape.length - before;
    });
  // Two layers (nobody asks for the gradient of their join); one; the next chain's layout and two; one. A segment counts one.
  const software = gpu.adapter.kind === "gpu" ? 0 : 1;
  assert.equal(
    [0, 1, 2, 3, 4, 5].map(recorded),
    [6, 5, 5, 4, 4, 4].map((n) => n + software),
  );
  parameters.dispose();
});

test("images reach the second convolution in the zeros that it reads, past a pooling and a segment's end", async () => {
  const gpu = await testGpu();
  const parameters = parametersOf(gpu, CONVS);
  const seen: string[] = [];
  gpu.commands.observer = ({ label }) => void seen.push(label);
  try {
    for (const checkpointed of [0, 10]) {
      seen.length = 0;
      gpu.scope(() => void chainRunner(parameters, { checkpointed })(given(gpu), ...SEGMENTS));
      // The join of two inputs writes the first one; nobody copies images after that.
      const copies = seen.filter((label) => label.startsWith("conv_pad")).length;
      if (gpu.adapter.kind !== "gpu") assert.is(copies, 2);
    }
  } finally {
    gpu.commands.observer = null;
  }
  parameters.dispose();
});

test("a long chain takes no more memory than a short one, where no gradients are wanted", async () => {
  const gpu = await testGpu();
  const convs = Array.from({ length: 9 }, (_, i) => conv(`layer${i}`, 4, 4, 3));
  const parameters = parametersOf(gpu, convs);
  const x = gpu.tensor(numbers(4 * 24 * 24, 1), [1, 4, 24, 24]).keep();
  const peak = (...segments: Layer[][]) =>
    gpu.capture(() => gpu.tape.noGrad(() => void chainRunner(parameters)([x], ...segments))).livePeak;
  const short = peak(convs.slice(0, 3));
  assert.is(peak(convs), short);
  assert.is(peak(convs.slice(0, 3), convs.slice(3, 6), convs.slice(6)), short);
  x.dispose();
  parameters.dispose();
});

test("inputs are the caller's, and a result is its own", async () => {
  const gpu = await testGpu();
  const parameters = parametersOf(gpu, CONVS);
  await gpu.scopeAsync(async () => {
    const inputs = given(gpu);
    const y = chainRunner(parameters)(inputs, ...SEGMENTS);
    assert.equal([...y.shape], [2, 2, 4, 6]);
    assert.is(y.layout, null);
    for (const x of inputs) assert.ok((await x.data()).length > 0);
    const none = chainRunner(parameters)([inputs[0]]);
    assert.is(none, inputs[0]);
  });
  parameters.dispose();
});

test("activations in float16 leave nothing of the cast behind", async () => {
  const gpu = await testGpu();
  if (!gpu.adapter.f16) return console.log("    skipped: this adapter has no float16");
  const parameters = parametersOf(gpu, CONVS);
  await gpu.scopeAsync(async () => {
    const [x] = given(gpu);
    const one = conv("a", 3, 4, 3);
    const own = parametersOf(gpu, [one]);
    const before = gpu.pool.liveBytes;
    const y = gpu.tape.noGrad(() => chainRunner(own, { dtype: "f16" })([x], [one, POOL]));
    assert.is(y.dtype, "f16");
    assert.is(gpu.pool.liveBytes - before, y.bytes);
    const want = cast(chainRunner(own)([x], [one, POOL]), "f16");
    assertClose(await y.data(), await want.data(), 2 ** -8, "in float16");
    own.dispose();
  });
  parameters.dispose();
});

test.run();
