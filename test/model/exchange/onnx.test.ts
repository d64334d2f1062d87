import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { initialise } from "../../../engine/core/init";
import { encodeOnnx, type OnnxOptions } from "../../../model/exchange/onnx";
import { Network, type NetworkSpec } from "../../../model/network/network";
import { stream } from "../../../train/data/rng";
import { decodeHeatmaps } from "../../../train/decode/decode";
import { testGpu } from "../../helpers/gpu";
import { assertClose } from "../../helpers/ops";
import { numbers, tinySpec } from "../../helpers/tiny";

const test = suite("ONNX");

/** Not in the tests' own bundle: it finds its WebAssembly beside itself. */
const RUNTIME: string = "onnxruntime-web";
const runtime: typeof import("onnxruntime-web") | null = await import(RUNTIME).catch(() => null);
if (runtime) runtime.env.wasm.numThreads = 1;
else console.log(`    skipped: ${RUNTIME} is not installed; exported models are only written, not run`);

const OPTIONS: OnnxOptions = { batch: "dynamic", size: "dynamic", stages: "all", sigmoid: false, decode: false };

async function networkOf(gpu: Gpu, spec: NetworkSpec) {
  const network = new Network(gpu, spec);
  initialise(network.parameters, "he", stream(3, "init"));
  const values = await network.parameters.readArena(network.parameters.values);
  const parameters = new Map(
    network.parameters.specs.map(({ name, shape }) => [name, { shape, value: values.get(name)! }]),
  );
  return { network, parameters };
}

/** The outputs of every stage by our own kernels, under the names that ONNX has for them. */
async function ours(network: Network, data: Float32Array, shape: number[]): Promise<Record<string, Float32Array>> {
  const { gpu, spec } = network;
  return gpu.scopeAsync(async () => {
    const { limbs, heatmaps } = network.forward(gpu.tensor(data, shape));
    const named: Record<string, Float32Array> = {};
    for (const [i, map] of limbs.entries()) named[i === 2 ? "limb_logits" : `limb_logits_${i + 1}`] = await map.data();
    const first = spec.architecture === "NSRM" ? 4 : 1;
    for (const [i, map] of heatmaps.entries()) {
      named[first + i === 6 ? "heatmaps" : `heatmaps_${first + i}`] = await map.data();
    }
    return named;
  });
}

async function run(file: Uint8Array[], image: Float32Array, shape: number[]) {
  const session = await runtime!.InferenceSession.create(new Uint8Array(Buffer.concat(file)));
  const outputs = await session.run({ image: new runtime!.Tensor("float32", image, shape) });
  await session.release();
  return { session, outputs };
}

const images = (batch: number, height: number, width: number) => numbers(batch * 3 * height * width, 5, -2, 2);
const floats = (tensor: { data: unknown }): Float32Array => tensor.data as Float32Array;

for (const [what, spec] of [
  ["NSRM, G1&6", tinySpec(7)],
  ["NSRM, G1", tinySpec(1)],
  ["CPM", tinySpec(1, "CPM")],
] as const) {
  test(`${what}: onnxruntime gives what our own forward gives, at every stage, 8 images of two sizes`, async () => {
    const { network, parameters } = await networkOf(await testGpu(), spec);
    const file = encodeOnnx(spec, parameters, OPTIONS);
    if (!runtime) return;
    for (const [height, width] of [
      [32, 32],
      [48, 40],
    ]) {
      const image = images(8, height, width);
      const wanted = await ours(network, image, [8, 3, height, width]);
      const { outputs } = await run(file, image, [8, 3, height, width]);
      assert.equal(Object.keys(outputs).sort(), Object.keys(wanted).sort());
      for (const [name, want] of Object.entries(wanted)) {
        assert.equal(outputs[name].dims.slice(2), [height / 8, width / 8]);
        assertClose(floats(outputs[name]), want, 1e-5, name);
      }
    }
    network.dispose();
  });
}

test("fixed sizes, the last stages alone, masks by sigmoid, joints by their first maximum", async () => {
  const spec = tinySpec(7);
  const { network, parameters } = await networkOf(await testGpu(), spec);
  const options: OnnxOptions = { batch: 2, size: [32, 48], stages: "last", sigmoid: true, decode: true };
  const file = encodeOnnx(spec, parameters, options, { input: "normalised" });
  if (!runtime) return;
  const image = images(2, 32, 48);
  const { session, outputs } = await run(file, image, [2, 3, 32, 48]);
  assert.equal(Object.keys(outputs), ["limb_masks", "heatmaps", "joints", "confidence"]);
  const { limb_logits, heatmaps } = await ours(network, image, [2, 3, 32, 48]);
  const masks = limb_logits.map((z) => 1 / (1 + Math.exp(-z)));
  assertClose(floats(outputs.limb_masks), masks, 1e-5, "masks");
  assertClose(floats(outputs.heatmaps), heatmaps, 1e-5, "heatmaps");

  const perImage = 21 * 4 * 6;
  for (const n of [0, 1]) {
    // From the very maps that it decoded: a tie would be decided by rounding otherwise.
    const maps = floats(outputs.heatmaps).slice(n * perImage, (n + 1) * perImage);
    const { points, confidence } = decodeHeatmaps(maps, 4, 6, 48, 32);
    assert.equal([...floats(outputs.joints).slice(42 * n, 42 * (n + 1))], [...points]);
    assert.equal([...floats(outputs.confidence).slice(21 * n, 21 * (n + 1))], [...confidence]);
  }
  const [input] = session.inputMetadata;
  assert.equal(input.isTensor && input.shape, [2, 3, 32, 48]);
  network.dispose();
});

test("of equal maxima the first counts, and a model may be of any batch but one size", async () => {
  const spec = tinySpec(1);
  const { network, parameters } = await networkOf(await testGpu(), spec);
  network.dispose();
  // The last layer's weights 0: every map is its bias everywhere.
  const flat = new Map(
    [...parameters].map(([name, { shape, value }]) => {
      const isLast = name === "stage6.Mconv7.weight";
      return [name, { shape, value: isLast ? new Float32Array(value.length) : value }];
    }),
  );
  const file = encodeOnnx(spec, flat, { ...OPTIONS, size: [32, 32], stages: "last", decode: true });
  if (!runtime) return;
  for (const batch of [1, 3]) {
    const { outputs } = await run(file, images(batch, 32, 32), [batch, 3, 32, 32]);
    assert.equal(outputs.joints.dims, [batch, 21, 2]);
    assert.ok(floats(outputs.joints).every((x) => x === 0));
  }
  let refused = false;
  await run(file, images(1, 40, 40), [1, 3, 40, 40]).catch(() => (refused = true));
  assert.ok(refused, "another size");
});

test("a CPM has no limb masks to take the sigmoid of", () => {
  const spec = tinySpec(1, "CPM");
  assert.throws(() => encodeOnnx(spec, new Map(), { ...OPTIONS, sigmoid: true }), /--sigmoid: a CPM predicts no limb/);
});

test.run();
