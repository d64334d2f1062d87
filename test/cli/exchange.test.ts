import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findNetwork } from "../../model/exchange/recognise";
import { encodeTorchFile } from "../../model/exchange/torch-writer";
import { openWeights } from "../../model/exchange/weights";
import { memorySource } from "../../model/files/byte-source";
import { readSafetensors, writeSafetensors } from "../../model/files/safetensors";
import { networkParameters } from "../../model/network/network";
import { loadCheckpoint } from "../../train/files/checkpoint";
import { nsrm } from "../helpers/cli";
import { sharedFile } from "../helpers/shared";
import { numbers, TINY, tinySpec, writeDataset } from "../helpers/tiny";

const test = suite("nsrm import and export");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-exchange-"));
test.after(() => rmSync(temporary, { recursive: true }));
const at = (name: string) => join(temporary, name);

/** A network's weights from a seed, some of them so small that an inexact path would show. */
const weights = networkParameters(tinySpec(7)).map(({ name, shape }, k) => ({
  name,
  shape,
  data: numbers(
    shape.reduce((product, n) => product * n, 1),
    k + 1,
    -0.1,
    0.1,
  ),
}));

const writeTorch = (name: string, tensors: typeof weights) =>
  writeFileSync(at(name), Buffer.concat(encodeTorchFile(tensors)));

async function say(...args: string[]) {
  const { code, stdout, stderr } = await nsrm(args);
  return { code, stdout: stdout.replaceAll(`${temporary}/`, ""), stderr: stderr.replaceAll(`${temporary}/`, "") };
}

async function refused(...args: string[]): Promise<string> {
  const { code, stderr } = await say(...args);
  assert.is(code, 2, stderr);
  assert.match(stderr, /^nsrm: [^\n]+\n$/);
  return stderr;
}

test("a state dict of nn.DataParallel becomes a checkpoint, and goes out again as it came", async () => {
  writeTorch(
    "parallel.pth",
    weights.map((w) => ({ ...w, name: `module.${w.name}` })),
  );
  const imported = await say("import", at("parallel.pth"), at("in.safetensors"), "--set", "image_size=32");
  assert.is(imported.code, 0, imported.stderr);
  assert.match(
    imported.stdout,
    /parallel\.pth: NSRM with 7 limb-mask channels, widths vgg 4 4 5 6, feat 5, stage 5, hid 7/,
  );
  const { parameters, config } = loadCheckpoint(at("in.safetensors"));
  assert.is(parameters.size, weights.length);
  for (const { name, data } of weights) assert.equal(parameters.get(name)!.value, data, name);
  const { model, limbc, group, image_size, widths, name } = config as Record<string, unknown>;
  assert.equal(
    { model, limbc, group, image_size, widths, name },
    {
      model: "NSRM",
      limbc: 7,
      group: "G6",
      image_size: 32,
      widths: TINY,
      name: "parallel",
    },
  );

  const exported = await say("export", at("in.safetensors"), "--format", "torch", "--out", at("out.pth"));
  assert.is(exported.code, 0, exported.stderr);
  const file = new Uint8Array(readFileSync(at("out.pth")));
  const back = findNetwork("out.pth", openWeights("out.pth", memorySource(file)))!;
  assert.equal(
    [...back.parameters.keys()],
    weights.map((w) => w.name),
  );
  for (const { name, data } of weights) assert.equal(back.parameters.get(name)!.value, data, name);
});

test("an imported checkpoint is evaluated, and exported as ONNX and as weights alone", async () => {
  await writeDataset(at("data"), [2, 1, 3]);
  const { code, stdout, stderr } = await say("eval", at("in.safetensors"), "--data", at("data"), "--json");
  assert.is(code, 0, stderr);
  assert.is(JSON.parse(stdout).images, 3);

  assert.is((await say("export", at("in.safetensors"), "--format", "safetensors")).code, 0);
  const alone = readSafetensors(at("in.weights.safetensors"));
  for (const { name, data } of weights) assert.equal(alone.f32(name), data, name);
  assert.is((await say("export", at("in.safetensors"), "--format", "onnx", "--decode")).code, 0);
  assert.ok(readFileSync(at("in.onnx")).includes(Buffer.from(weights[0].data.buffer)));
});

test("torchvision's VGG19 becomes a backbone, its other layers left out", async () => {
  const layers = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];
  const vgg = layers.flatMap((n) => [
    { name: `features.${n}.weight`, shape: [2, 2, 3, 3], data: numbers(36, n + 1) },
    { name: `features.${n}.bias`, shape: [2], data: numbers(2, n + 100) },
  ]);
  const classifier = { name: "classifier.0.weight", shape: [3], data: numbers(3, 9) };
  writeTorch("vgg19.pth", [...vgg, classifier]);
  const { code, stdout } = await say("import", at("vgg19.pth"), at("vgg19.safetensors"), "--json");
  assert.is(code, 0);
  assert.equal(JSON.parse(stdout), { kind: "vgg19", parameters: 12 * 38, out: "vgg19.safetensors" });
  const file = readSafetensors(at("vgg19.safetensors"));
  assert.equal(
    [...file.names].sort(),
    vgg
      .slice(0, 24)
      .map((t) => t.name)
      .sort(),
  );
  for (const { name, data } of vgg.slice(0, 24)) assert.equal(file.f32(name), data);
  writeTorch(
    "vgg16.pth",
    vgg.filter(({ name }) => !name.startsWith("features.16")),
  );
  assert.match(
    await refused("import", at("vgg16.pth"), at("x")),
    /no tensor "features\.16\.weight"; expected torchvision/,
  );
});

test("what cannot be taken is refused in one line, and nothing is written", async () => {
  const { refused: files } = JSON.parse(readFileSync("test/golden/torch-files.json", "utf8"));
  writeFileSync(at("evil.pth"), Buffer.from(files["zip with os.system, protocol 2"].file, "base64"));
  assert.match(
    await refused("import", at("evil.pth"), at("x")),
    /evil\.pth: .* asks for Python's posix\.system; only state/,
  );
  assert.not.ok(existsSync("pwned"));

  const two = ["ema", "net"].flatMap((place) => weights.map((w) => ({ ...w, name: `${place}.${w.name}` })));
  await writeSafetensors(at("two.safetensors"), two);
  assert.match(await refused("import", at("two.safetensors"), at("x")), /its networks are ema, net; pick one .*--pick/);
  const { stdout } = await say("import", at("two.safetensors"), at("picked"), "--pick", "ema", "--json");
  assert.is(JSON.parse(stdout).where, "ema");

  writeTorch("short.pth", weights.slice(0, -1));
  assert.match(await refused("import", at("short.pth"), at("x")), /it has no "stage6\.Mconv7\.bias"/);
  writeTorch(
    "other.pth",
    weights.map((w) => (w.name === "stage3.Mconv6.bias" ? { ...w, shape: [5, 1] } : w)),
  );
  assert.match(await refused("import", at("other.pth"), at("x")), /"stage3\.Mconv6\.bias" is \[5, 1\]; expected \[5\]/);
  writeTorch("more.pth", [...weights, { name: "head.weight", shape: [1], data: numbers(1, 1) }]);
  assert.match(await refused("import", at("more.pth"), at("x")), /"head\.weight" is no parameter of this network/);
  writeTorch("none.pth", [{ name: "a", shape: [1], data: numbers(1, 1) }]);
  assert.match(await refused("import", at("none.pth"), at("x")), /nor torchvision's VGG19: its tensors are called "a"/);
  assert.match(await refused("import", at("in.safetensors"), at("x")), /a checkpoint already/);
  assert.match(await refused("import", at("parallel.pth"), at("./parallel.pth")), /would overwrite/);
  assert.is(readFileSync(at("parallel.pth"), "latin1").slice(0, 2), "PK");
  assert.match(
    await refused("import", at("parallel.pth"), at("x"), "--set", "limbc=1", "--set", "group=G1"),
    /another network/,
  );

  assert.match(
    await refused("export", at("in.safetensors"), "--format", "tflite"),
    /expected onnx, torch or safetensors/,
  );
  assert.match(await refused("export", at("in.safetensors"), "--format", "torch", "--decode"), /--decode: only with/);
  assert.match(await refused("export", at("in.safetensors"), "--format", "onnx", "--size", "60"), /a multiple of 8/);
  const itself = ["--out", at("in.safetensors")];
  assert.match(
    await refused("export", at("in.safetensors"), "--format", "onnx", ...itself),
    /--out \S*in\.safetensors: would overwrite \S*in\.safetensors, which is read/,
  );
  assert.not.ok(existsSync(at("x")));
});

test("files that PyTorch made of one network are equal to it, bit for bit", () => {
  for (const kind of ["zip", "legacy", "dataparallel"]) {
    const path = sharedFile(`golden/tiny_lpm_g1_6.${kind}.pth`);
    const fixture = sharedFile("golden/model_tiny_lpm_g1_6.safetensors");
    if (!path || !fixture) return;
    const wanted = readSafetensors(fixture);
    const network = findNetwork(path, openWeights(path, memorySource(new Uint8Array(readFileSync(path)))))!;
    assert.is(network.parameters.size, 104);
    for (const [name, { shape, value }] of network.parameters) {
      assert.equal([...shape], [...wanted.shape(`init.${name}`)]);
      assert.equal(value, wanted.f32(`init.${name}`), name);
    }
  }
});

test.run();
