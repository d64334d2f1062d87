import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { HAND } from "../../../masks/hand";
import type { SplitName } from "../../../train/data/dataset";
import { decodeImage } from "../../../train/data/decode-image";
import { openFolder } from "../../../train/source/folder";
import { frontOf } from "../../../train/synthetic/capsule";
import { SyntheticDataset } from "../../../train/synthetic/dataset";
import { CHAIN } from "../../../train/synthetic/flesh";
import { hash32 } from "../../../train/synthetic/hash";
import { JOINT_LIMITS, viewMatrix } from "../../../train/synthetic/kinematics";
import { sampleLook } from "../../../train/synthetic/look";
import { MAX_CAPSULES } from "../../../train/synthetic/pack";
import { type DressedScene, RGB, renderScenes } from "../../../train/synthetic/renderer";
import {
  type Camera,
  type ImageKey,
  POSE_RANGES,
  sampleCamera,
  samplePose,
  sampleView,
} from "../../../train/synthetic/sampler";
import { buildScene, visibleJoints } from "../../../train/synthetic/scene";
import { apply } from "../../../train/synthetic/vec3";
import { writeSynthetic } from "../../../train/synthetic/write";
import { testGpu } from "../../helpers/gpu";

const test = suite("synthetic hands: full range, camera, folders");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-synthetic-"));
test.after(() => rmSync(temporary, { recursive: true }));
const { simple, full } = POSE_RANGES;
const key = (n: number, split: SplitName = "train"): ImageKey => ({ seed: 7, split, n });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

test("full: any turn, any tilt from which the arm hides nothing, fingers bent to a fist", () => {
  const views = numbers(600).map((n) => sampleView(key(n), full));
  const turns = views.map(({ turn }) => turn);
  assert.ok(Math.min(...turns) < -170 && Math.max(...turns) > 170);
  assert.ok(Math.max(...views.map(({ tilt }) => tilt)) > 85);
  for (const quarter of [0, 90, 180, 270]) {
    const share = views.filter(({ tiltAxis }) => tiltAxis >= quarter && tiltAxis < quarter + 90).length / 600;
    assert.ok(share > 0.12, `${share} of the tilts are about axes from ${quarter} degrees on`);
  }
  for (const view of views) {
    const arm = apply(viewMatrix(view), [0, -1, 0]);
    assert.ok(arm[2] > -0.78, "the arm does not point at the viewer");
  }
  assert.ok(
    views.some((view) => apply(viewMatrix(view), [0, -1, 0])[2] > 0.95),
    "the fingers may",
  );
  const poses = numbers(600).map((n) => samplePose(key(n), full));
  for (let f = 1; f < 5; f++) {
    const middle = poses.map((pose) => pose[f].flexion[1]);
    assert.ok(Math.min(...middle) < 3 && Math.max(...middle) > 85 && Math.max(...middle) <= 90, `finger ${f}`);
  }
  for (const pose of poses) {
    for (const [f, { spread, flexion }] of pose.entries()) {
      const limits = JOINT_LIMITS[f];
      assert.ok(spread >= limits.spread.low && spread <= limits.spread.high);
      for (const [j, angle] of flexion.entries()) {
        assert.ok(angle >= limits.flexion[j].low && angle <= limits.flexion[j].high && angle <= full.flexion);
      }
    }
  }
});

test("full: joints in the frame, more of them hidden than in simple poses, most to be seen", () => {
  const hiddenShare = (range: typeof simple | typeof full) => {
    const hidden = numbers(300).map((n) => visibleJoints(buildScene(key(n), range)).filter((v) => !v).length / 21);
    return hidden.reduce((a, b) => a + b, 0) / 300;
  };
  const [few, more] = [hiddenShare(simple), hiddenShare(full)];
  assert.ok(more > 1.5 * few && more < 0.45, `hidden: simple ${few}, full ${more}`);
  for (const n of numbers(200)) {
    for (const [x, y] of buildScene(key(n), full).joints) assert.ok(x > 0.1 && x < 0.9 && y > 0.1 && y < 0.9);
  }
});

test("skin-coloured things lie behind the hand and hide none of its joints; simple has none", () => {
  let withSome = 0;
  let skinBlobs = 0;
  for (const n of numbers(300)) {
    const { capsules, joints } = buildScene(key(n), full);
    assert.ok(capsules.length <= MAX_CAPSULES);
    const behind = capsules.filter(({ chain }) => chain === CHAIN.behind);
    withSome += behind.length > 0 ? 1 : 0;
    assert.ok(behind.length <= 2);
    for (const capsule of behind) {
      for (const [x, y, z] of joints) {
        const front = frontOf(capsule, x, y);
        assert.ok(front === null || front.z > z, `image ${n}`);
      }
    }
    const look = sampleLook(key(n), full);
    const plain = sampleLook(key(n), simple);
    const changed = look.blobs.filter(
      ({ colour, opacity }, i) => opacity > 0 && colour.join() !== plain.blobs[i].colour.join(),
    );
    skinBlobs += changed.length;
    for (const { colour } of changed) {
      for (const c of [0, 1, 2]) assert.ok(Math.abs(colour[c] / colour[0] - look.skin[c] / look.skin[0]) < 1e-9);
    }
    assert.not(buildScene(key(n), simple).capsules.some(({ chain }) => chain === CHAIN.behind));
    assert.equal({ ...look, blobs: 0, camera: 0 }, { ...plain, blobs: 0, camera: 0 }, "else the look is the same");
  }
  assert.ok(withSome > 0.5 * 300 && withSome < 0.7 * 300, `${withSome} of 300`);
  assert.ok(skinBlobs > 100, `${skinBlobs} blobs`);
});

test("cameras differ from ideal to blurred and noisy; simple ones are ideal", () => {
  const cameras = numbers(300).map((n) => sampleCamera(key(n), full));
  const most = (value: (camera: Camera) => number) => Math.max(...cameras.map(value));
  assert.ok(most(({ blur }) => blur) > 0.0055 && most(({ blur }) => blur) <= full.blur);
  assert.ok(most(({ shot }) => shot) > 0.09 && most(({ shot }) => shot) <= 2 * full.noise);
  assert.ok(most(({ read }) => read) <= 0.2 * full.noise);
  assert.ok(Math.min(...cameras.map(({ blur }) => blur)) < 1e-4);
  assert.is(new Set(cameras.map(({ seed }) => seed)).size, 300);
  const { blur, read, shot } = sampleCamera(key(1), simple);
  assert.equal([blur, read, shot], [0, 0, 0]);
});

/** What camera.wgsl says, in float64: [3, S, S] of light to displayed values from 0 to 255. */
function photographed(light: Float64Array, size: number, { blur, read, shot, seed }: Camera): Float64Array {
  const sigma = blur * size;
  const reach = Math.ceil(2.5 * sigma);
  const taps = numbers(2 * reach + 1).map((t) => (reach === 0 ? 1 : Math.exp(-((t - reach) ** 2) / (2 * sigma ** 2))));
  const total = taps.reduce((a, b) => a + b, 0);
  const clamp = (i: number) => Math.min(Math.max(i, 0), size - 1);
  const along = (image: Float64Array, at: (x: number, y: number, d: number) => number) =>
    image.map((_, i) => {
      const [c, y, x] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
      return taps.reduce((sum, w, t) => sum + (w / total) * image[c * size * size + at(x, y, t - reach)], 0);
    });
  const wide = along(light, (x, y, d) => y * size + clamp(x + d));
  const blurred = along(wide, (x, y, d) => clamp(y + d) * size + x);
  return blurred.map((value, i) => {
    const salt = [0, 0x9e3779b9, 0x7f4a7c15][Math.floor(i / size ** 2)];
    const h = hash32(hash32((seed + (i % size ** 2)) >>> 0) ^ salt);
    const normal = ((h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24) - 510) / 147.8;
    const noisy = value + (read + shot * Math.sqrt(value)) * normal;
    return 255 * Math.sqrt(Math.min(Math.max(noisy, 0), 1));
  });
}

test("the camera's blur and noise equal their formulas", async () => {
  const gpu = await testGpu();
  const size = 40;
  const cameras: Camera[] = [
    { blur: 0, read: 0, shot: 0, seed: 1 },
    { blur: 0.03, read: 0, shot: 0, seed: 2 },
    { blur: 0, read: 0.01, shot: 0.1, seed: 0xfffffff0 },
    { blur: 0.055, read: 0.005, shot: 0.05, seed: 4 },
  ];
  const scenes = cameras.map((camera, n): DressedScene => {
    return { scene: buildScene(key(n), full), look: { ...sampleLook(key(n), full), camera } };
  });
  const ideal = scenes.map(({ scene, look }): DressedScene => ({ scene, look: { ...look, camera: cameras[0] } }));
  const draw = async (list: DressedScene[]) =>
    gpu.scopeAsync(async () => {
      const images = gpu.empty([list.length, 3, size, size]);
      renderScenes(gpu, images, list, RGB);
      return images.data();
    });
  const [got, plain] = [await draw(scenes), await draw(ideal)];
  const count = 3 * size * size;
  for (const [n, camera] of cameras.entries()) {
    const light = Float64Array.from(plain.subarray(n * count, (n + 1) * count), (v) => (v / 255) ** 2);
    const want = photographed(light, size, camera);
    let apart = 0;
    for (const [i, value] of want.entries()) {
      // Near black the square root turns rounding into whole units.
      const error = Math.abs(got[n * count + i] - value) * Math.min(1, value / 20);
      assert.ok(error < 0.05, `camera ${n}, value ${i}: ${got[n * count + i]}, expected ${value}`);
      apart += Math.abs(value - plain[n * count + i]) / count;
    }
    assert.ok(n === 0 ? apart < 0.01 : apart > 0.5, `camera ${n} changes the image by ${apart}`);
  }
});

test("full: one seed draws one image, whatever batch it is in, nothing leaks", async () => {
  const gpu = await testGpu();
  const hands = new SyntheticDataset(gpu, { seed: 3, splitName: "train", size: 9, imageSize: 64, poses: "full" });
  const before = gpu.pool.liveBytes;
  const draw = (indices: number[]) =>
    gpu.scopeAsync(async () => {
      const images = gpu.empty([indices.length, 3, 64, 64]);
      hands.renderInto(images, indices, RGB);
      return images.data();
    });
  const [a, b] = [await draw([1, 5]), await draw([5, 0, 1])];
  const image = 3 * 64 * 64;
  assert.equal(a.subarray(0, image), b.subarray(2 * image));
  assert.equal(a.subarray(image), b.subarray(0, image));
  assert.ok(b.every((v) => v >= 0 && v <= 255.001));
  assert.is(gpu.pool.liveBytes, before);
});

test("full: every joint lies on the hand, and is seen or hidden as its flag says", async () => {
  const gpu = await testGpu();
  const hands = new SyntheticDataset(gpu, { seed: 3, splitName: "train", size: 16, imageSize: 192, poses: "full" });
  const indices = numbers(16);
  const plane = 192 ** 2;
  const drawn = await gpu.scopeAsync(async () => {
    const images = gpu.empty([indices.length, 3, 192, 192]);
    hands.renderPartsInto(images, indices);
    return images.data();
  });
  let [hidden, checked] = [0, 0];
  for (const n of indices) {
    const { capsules, millimetre } = hands.scene(n);
    const labels = hands.points(n);
    for (const [j, visible] of hands.visible(n).entries()) {
      const [x, y] = [Math.round(labels[2 * j]), Math.round(labels[2 * j + 1])];
      const depth = (own: boolean, px: number, py: number) =>
        Math.min(
          ...capsules.filter((c) => c.joints.includes(j) === own).map((c) => frontOf(c, px / 192, py / 192)?.z ?? 9),
        );
      const lead = (px: number, py: number) => depth(false, px, py) - depth(true, px, py);
      // The pixel's centre is up to half a pixel off, where an edge may lie between; nearly as near, either may show.
      const clear =
        Math.abs(lead(x, y)) > 6 * millimetre && lead(x, y) > 0 === lead(labels[2 * j], labels[2 * j + 1]) > 0;
      if (!clear) continue;
      const part = capsules[drawn[(3 * n + 1) * plane + y * 192 + x] - 1];
      assert.is(part?.joints.includes(j), visible, `image ${n}, joint ${j}: visible ${visible}`);
      checked++;
      hidden += visible ? 0 : 1;
    }
  }
  assert.ok(checked > 0.8 * 21 * 16 && hidden > 20, `${checked} checked, ${hidden} hidden`);
});

test("written as a folder: the same hands, readable as a dataset, the same bytes again", async () => {
  const gpu = await testGpu();
  const write = (name: string, more = {}) => {
    const target = join(temporary, name);
    const options = {
      gpu,
      target,
      counts: [3, 1, 2],
      size: 48,
      seed: 5,
      poses: "full",
      silent: true,
      ...more,
    } as const;
    return writeSynthetic(options).then(() => target);
  };
  const target = await write("hands");
  const names = ["train_000000.png", "train_000001.png", "train_000002.png", "valid_000000.png", "test_000000.png"];
  const { splits, notes } = openFolder({ skeleton: HAND, root: target, imageSize: 48 });
  assert.equal(notes, []);
  assert.equal(
    [...splits.values()].map(({ size }) => size),
    [3, 1, 2],
  );
  assert.equal([...splits.values()].flatMap(({ records }) => records.map((r) => r.name)).slice(0, 5), names);
  for (const [splitName, split] of splits) {
    const drawn = new SyntheticDataset(gpu, { seed: 5, splitName, size: 9, imageSize: 48, poses: "full" });
    for (let n = 0; n < split.size; n++) {
      const [example, pose] = [await split.load(n), await drawn.pose(n)];
      for (const [i, px] of pose.points.entries()) assert.ok(Math.abs(example.points[i] - px) < 6e-4);
      assert.equal(example.visible, pose.visible);
      assert.ok(Math.abs(example.tightBox!.width - pose.tightBox!.width) < 1e-3);
      const { data } = await decodeImage(join(target, "imgs", example.name));
      const want = await gpu.scopeAsync(async () => {
        const image = gpu.empty([1, 3, 48, 48]);
        drawn.renderInto(image, [n], RGB);
        return image.data();
      });
      for (const [i, value] of data.entries()) {
        assert.ok(Math.abs(value - want[(i % 3) * 48 * 48 + Math.floor(i / 3)]) <= 0.5001, `${example.name} byte ${i}`);
      }
    }
  }
  const again = await write("again");
  for (const file of [...readdirSync(join(target, "imgs")).map((name) => `imgs/${name}`), "labels.json"]) {
    assert.equal(readFileSync(join(again, file)), readFileSync(join(target, file)), file);
  }
  const refused = await write("again").catch((e) => e);
  assert.instance(refused, UserError);
  assert.match(refused.message, /again: is not empty/);
  const stop = new AbortController();
  stop.abort();
  assert.is(await write("stopped", { stop: stop.signal }).catch((e) => e), stop.signal.reason);
  assert.not(existsSync(join(temporary, "stopped")));
  assert.equal(readdirSync(temporary).sort(), ["again", "hands"]);
});

test.run();
