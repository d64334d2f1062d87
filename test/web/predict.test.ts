import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { initialise } from "../../engine/core/init";
import { encodeTorchFile } from "../../model/exchange/torch-writer";
import { decodeSafetensors } from "../../model/files/safetensors-format";
import { resolveConfig } from "../../train/config/resolve";
import { decodeImage } from "../../train/data/decode-image";
import { stream } from "../../train/data/rng";
import { saveCheckpoint } from "../../train/files/checkpoint";
import { findHands } from "../../train/infer/hands";
import { wholeImage } from "../../train/infer/region";
import { placeTrained, readTrained } from "../../train/infer/trained";
import { createLearner } from "../../train/step/setup";
import { readParameters } from "../../train/step/state";
import { attack, give } from "../helpers/attack";
import { type OpenPage, openPage } from "../helpers/browser";
import { testGpu } from "../helpers/gpu";
import { bombPng, checkpointOf, type HostileFile, type Kind, modest } from "../helpers/hostile";
import { sharedFile } from "../helpers/shared";
import { numbers, TINY } from "../helpers/tiny";

const test = suite("web: Predict");
const home = mkdtempSync(join(tmpdir(), "nsrm-web-"));
const checkpoint = join(home, "tiny.safetensors");
const photo = join(home, "photo.png");
let open: OpenPage | null;

test.before(async () => {
  const gpu = await testGpu();
  const settings = { dataset: "HandDataset_LPM", widths: TINY, image_size: 64, limbc: 7, group: "G6", init: "he" };
  const { config } = resolveConfig(settings, "test");
  const learner = createLearner(gpu, config);
  initialise(learner.network.parameters, "he", stream(1, "init"));
  const parameters = await readParameters(learner);
  learner.dispose();
  const at = { epoch: 1, step: 0, batchInEpoch: 0, bestScore: null, validationDue: false, seed: 0, rng: null };
  await saveCheckpoint(checkpoint, { adapter: gpu.adapter.name, ...at, config, parameters });
  const [width, height] = [90, 70];
  const blocks = numbers(3 * 9 * 7, 3, 0, 255);
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return blocks[3 * (Math.floor(y / 10) * 9 + Math.floor(x / 10)) + (i % 3)];
  });
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(photo);
  open = await openPage("predict");
});
test.after(async () => {
  rmSync(home, { recursive: true, force: true });
  await open?.close();
});

const settled = ({ page }: OpenPage) => page.locator(".predict[aria-busy=false]").waitFor({ timeout: 60_000 });

/** The largest difference, relative to the largest value. */
function worst(got: ArrayLike<number>, want: ArrayLike<number>): number {
  assert.is(got.length, want.length);
  let [difference, largest] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    difference = Math.max(difference, Math.abs(got[i] - want[i]));
    largest = Math.max(largest, Math.abs(want[i]));
  }
  return difference / largest;
}

test("without a network the page shows a hand, and says what to do", async () => {
  if (!open) return;
  const { page } = open;
  await page.locator("canvas.picture[width='96']").waitFor();
  assert.is(await page.getByRole("button", { name: "The quickstart's" }).count(), 0);
  assert.ok(await page.getByRole("button", { name: "The network in training" }).isDisabled());
  assert.is(await page.getByText(/ms a frame/).count(), 0);
  await page
    .getByText(/^No network yet/)
    .getByRole("link", { name: "train one" })
    .click();
  await page.getByRole("heading", { name: "Train", level: 1 }).waitFor();
  await page.goBack();
});

test("a checkpoint on a photo, its square moved: the maps and joints are Node's", async () => {
  if (!open) return;
  const { page, saved } = open;
  await page.getByLabel("Pick a file").setInputFiles(checkpoint);
  await page.getByText("tiny.safetensors: NSRM").waitFor();
  await page.getByLabel("Pick a photo").setInputFiles(photo);
  await page.locator("canvas.picture[width='90']").waitFor();
  await page.getByRole("application", { name: /^what the network looks at/ }).focus();
  for (const key of ["ArrowRight", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
  await settled(open);
  const maps = decodeSafetensors(
    await saved(() => page.getByRole("button", { name: "Save the maps" }).click()),
    "maps",
  );
  const json = JSON.parse(String(await saved(() => page.getByRole("button", { name: "Save the joints" }).click())));

  const gpu = await testGpu();
  const trained = placeTrained(gpu, readTrained(checkpoint));
  const image = await decodeImage(photo);
  const whole = wholeImage(image);
  const step = Math.round(0.03 * whole.side);
  const region = { ...whole, x: whole.x + step, y: whole.y + 2 * step };
  const [hand] = await findHands({ gpu, trained, decoder: "taylor", limbs: true }, [{ image, region }]);
  trained.network.dispose();
  assert.ok(worst(maps.f32("heat.6"), hand.heatmaps.data) <= 1e-5, "confidence maps");
  assert.ok(worst(maps.f32("limb.3"), hand.limbs!.data) <= 1e-5, "limb masks");
  assert.ok(worst(json.confidence, hand.confidence) <= 1e-5, "confidence");
  assert.ok(worst(json.joints.flat(), hand.points) <= 1e-3, "joints");
  assert.equal(maps.names.filter((n) => n.startsWith("limb")).sort(), ["limb.1", "limb.2", "limb.3"]);
});

test("PyTorch's files are read, dropped or picked, and what is none is refused", async () => {
  if (!open) return;
  const { page } = open;
  const pick = page.getByLabel("Pick a file");
  for (const sample of ["zip", "legacy", "dataparallel"]) {
    const pth = sharedFile(`golden/tiny_lpm_g1_6.${sample}.pth`);
    if (!pth) continue;
    await pick.setInputFiles(pth);
    await page.getByText(new RegExp(`^tiny_lpm_g1_6\\.${sample}\\.pth: NSRM`)).waitFor();
  }
  const { parameters } = readTrained(checkpoint);
  const weights = [...parameters].map(([name, { shape, value }]) => ({ name, shape, data: value }));
  const bytes = new Uint8Array(Buffer.concat(encodeTorchFile(weights)));
  assert.is((await give(page, "weights", { name: "ours.pth", bytes })).refused, "");
  await page.getByText(/^ours\.pth: NSRM, [\d,]+ parameters$/).waitFor();
  await page.getByLabel("Input").fill("64");
  await settled(open);
  assert.is(await page.getByRole("img", { name: "Confidence maps of stage 6" }).getAttribute("width"), "8");

  const torn = readFileSync(checkpoint).subarray(0, 5000);
  await pick.setInputFiles({ name: "torn.safetensors", mimeType: "", buffer: torn });
  await page.getByText(/^torn\.safetensors: .*cut short/).waitFor();
  await pick.setInputFiles({ name: "call.pth", mimeType: "", buffer: Buffer.from("cos\nsystem\n(S'true'\ntR.") });
  await page.getByText(/^call\.pth: .*os\W+system/).waitFor();
  await page.getByLabel("Pick a photo").setInputFiles({ name: "no.png", mimeType: "image/png", buffer: torn });
  await page.getByText(/^no\.png: this browser cannot read it/).waitFor();
});

test("files that were made to do harm take neither memory nor time", async () => {
  if (!open) return;
  const { page } = open;
  const wide = { ...modest, widths: { ...modest.widths, vgg: [1e5, 1e5, 1e5, 1e5] } };
  const refusals: [Kind, string, HostileFile["bytes"], RegExp][] = [
    ["image", "bomb.png", bombPng(20_000), /20000 x 20000 pixels are too many/],
    ["weights", "wide.safetensors", checkpointOf(wide), /"vgg19[^"]*" is \[1, 3, 3, 3\]; this network's is \[100000/],
    ["weights", "long.safetensors", checkpointOf({ ...modest, data_root: "x".repeat(1e5) }), /to train on xxx.*…$/],
    ["weights", "far.safetensors", checkpointOf({ ...modest, image_size: 65_536 }), /image_size 65536 is too much/],
  ];
  for (const [kind, name, bytes, why] of refusals) {
    const { refused } = await give(page, kind, { name, bytes });
    assert.match(refused, why);
    assert.ok(refused.length < 500, `${refused.length} letters are said of it`);
  }
  await attack(page, ["weights", "image"], 80, 1);
});

test("the file that was picked last is the one that is used, however long the others take", async () => {
  if (!open) return;
  const { page } = open;
  await page.getByLabel("Pick a file").setInputFiles(checkpoint);
  await page.getByText("tiny.safetensors: NSRM").waitFor();
  await page.evaluate(`{
    const { arrayBuffer } = File.prototype;
    File.prototype.arrayBuffer = async function () {
      if (this.name === "slow.pth") await new Promise((read) => (globalThis.release = read));
      return arrayBuffer.call(this);
    };
  }`);
  const slow = give(page, "weights", { name: "slow.pth", bytes: new Uint8Array(20) });
  await page.getByText("reading slow.pth").waitFor();
  await page.getByLabel("Pick a file").setInputFiles(checkpoint);
  await page.getByText("reading slow.pth").waitFor({ state: "detached" });
  await page.evaluate("release()");
  assert.is((await slow).refused, "");
  await page.getByText("tiny.safetensors: NSRM").waitFor();
});

test("frames of the webcam, one after another, until it is stopped", async () => {
  if (!open) return;
  const { page } = open;
  const webcam = page.getByRole("button", { name: /webcam/ });
  const frame = () => page.locator("canvas.picture").evaluate("canvas => canvas.toDataURL()") as Promise<string>;
  await webcam.click();
  await page.locator("canvas.picture[width='640']").waitFor();
  const first = await frame();
  await page.waitForFunction(`document.querySelector("canvas.picture").toDataURL() !== ${JSON.stringify(first)}`);
  await webcam.click();
  await settled(open);
  const last = await frame();
  await page.waitForTimeout(500);
  assert.is(await frame(), last, "stopped");
});

test("a webcam that is allowed after the room was left is not watched", async () => {
  if (!open) return;
  const { page } = open;
  await page.evaluate(`{
    const { getUserMedia } = MediaDevices.prototype;
    MediaDevices.prototype.getUserMedia = async function (...wishes) {
      await new Promise((allowed) => (globalThis.allow = allowed));
      return (globalThis.stream = await getUserMedia.apply(this, wishes));
    };
  }`);
  await page.getByRole("button", { name: "The webcam" }).click();
  await page.getByRole("link", { name: "Masks" }).click();
  await page.evaluate("allow()");
  const ended = "globalThis.stream?.getTracks().every((track) => track.readyState === 'ended')";
  while (!(await page.evaluate(ended))) await page.waitForTimeout(20);
  await page.getByRole("link", { name: "Predict" }).click();
  await page.getByRole("button", { name: "The webcam", exact: true }).waitFor();
});

test("a synthetic hand, and pictures", async () => {
  if (!open) return;
  const { page } = open;
  await page.getByLabel("Pick a file").setInputFiles(checkpoint);
  await page.getByText("tiny.safetensors: NSRM").waitFor();
  await page.getByRole("button", { name: "A synthetic hand" }).click();
  await page.getByText(/ms a frame/).waitFor();
  await settled(open);
  assert.is(await page.getByRole("img", { name: /of stage \d/ }).count(), 6);
  await open.keepPictures("predict");
});

test("a trained network beside the page is there at once", async () => {
  const served = await openPage("predict", { checkpoint });
  if (!served) return;
  await served.page.getByText("the quickstart's network: NSRM").waitFor();
  await served.page.getByText(/ms a frame/).waitFor({ timeout: 60_000 });
  await served.close();
});

test.run();
