import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CROP_BOXES, SPLITS } from "../../../train/data/dataset";
import { frontOf } from "../../../train/synthetic/capsule";
import type { Capsule } from "../../../train/synthetic/flesh";
import { Draws, hash32 } from "../../../train/synthetic/hash";
import { AVERAGE_HAND, type HandPose, JOINT_LIMITS, poseHand } from "../../../train/synthetic/kinematics";
import { lightFrame, sampleLook } from "../../../train/synthetic/look";
import { MAX_CAPSULES, packTiles, TILE } from "../../../train/synthetic/pack";
import {
  type ImageKey,
  POSE_RANGES,
  sampleCrop,
  samplePose,
  sampleShape,
  sampleView,
} from "../../../train/synthetic/sampler";
import { buildScene, visibleJoints } from "../../../train/synthetic/scene";
import { apply, cross, dot, length, sub, type Vec3 } from "../../../train/synthetic/vec3";

const test = suite("synthetic hands: geometry");
const range = POSE_RANGES.simple;
const key = (n: number): ImageKey => ({ seed: 7, split: "train", n });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const degrees = (radians: number) => (radians * 180) / Math.PI;
const angleBetween = (a: Vec3, b: Vec3) => degrees(Math.acos(Math.min(dot(a, b) / (length(a) * length(b)), 1)));
const near = (got: number, want: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(got - want) <= tolerance, `${what}: ${got}, expected ${want}`);

test("hash32 equals its formula in big integers", () => {
  const mask = 0xffffffffn;
  for (const value of [0, 1, 2, 0x7fffffff, 0x80000000, 0xdeadbeef, 0xffffffff]) {
    let x = BigInt(value);
    x = ((x ^ (x >> 16n)) * 0x7feb352dn) & mask;
    x = ((x ^ (x >> 15n)) * 0x846ca68bn) & mask;
    x ^= x >> 16n;
    assert.is(hash32(value), Number(x));
  }
});

test("draws are a function of their key, even, and different for every key", () => {
  const draw = (...of: number[]) => new Draws(...of).bits();
  assert.is(draw(1, 2, 3), draw(1, 2, 3));
  const keys = SPLITS.flatMap((_, split) => numbers(400).flatMap((n) => [draw(0, split, n), draw(1, split, n)]));
  assert.is(new Set(keys).size, keys.length);
  const values = numbers(4000).map((n) => new Draws(5, n).uniform());
  for (const [i, share] of [0.1, 0.25, 0.5, 0.9].entries()) {
    near(values.filter((v) => v < share).length / values.length, share, 0.03, `share ${i} below ${share}`);
  }
});

const straight: HandPose = AVERAGE_HAND.bones.map(() => ({ spread: 0, flexion: [0, 0, 0] }));
const bent = (f: number, flexion: readonly [number, number, number]): HandPose =>
  straight.map((finger, i) => (i === f ? { ...finger, flexion } : finger));

test("a stretched finger is straight, as long as its bones, in the palm's plane", () => {
  const { joints } = poseHand(AVERAGE_HAND, straight);
  for (let f = 1; f < 5; f++) {
    const [base, , , tip] = joints.slice(1 + 4 * f, 5 + 4 * f);
    const long = AVERAGE_HAND.bones[f].reduce((sum, bone) => sum + bone, 0);
    near(length(sub(tip, base)), long, 1e-9, `finger ${f}`);
    assert.is(tip[2], base[2]);
  }
});

test("each joint bends by its angle, towards the palm", () => {
  for (let f = 1; f < 5; f++) {
    const flexion = [20, 35, 50] as const;
    const { joints } = poseHand(AVERAGE_HAND, bent(f, flexion));
    const at = (j: number) => joints[1 + 4 * f + j];
    const bone = (b: number) => sub(at(b + 1), at(b));
    near(angleBetween(bone(0), bone(1)), flexion[1], 1e-6, `finger ${f}, middle joint`);
    near(angleBetween(bone(1), bone(2)), flexion[2], 1e-6, `finger ${f}, last joint`);
    near(degrees(Math.asin(-bone(0)[2] / length(bone(0)))), flexion[0], 1e-6, `finger ${f}, first joint`);
    assert.ok(at(3)[2] < at(0)[2] - 30, "the tip moves out of the palm's side");
  }
});

test("a pose beyond a joint's limits is refused", () => {
  assert.throws(() => poseHand(AVERAGE_HAND, bent(2, [0, 111, 0])), /finger 2: flexion 111 of joint 1/);
  assert.throws(() => poseHand(AVERAGE_HAND, bent(3, [Number.NaN, 0, 0])), /finger 3/);
});

test("sampled hands keep to anatomy: proportions, joint limits, the range's flexion", () => {
  for (const n of numbers(300)) {
    const shape = sampleShape(key(n));
    const pose = samplePose(key(n), range);
    const { joints } = poseHand(shape, pose);
    for (const [f, bones] of AVERAGE_HAND.bones.entries()) {
      for (const [b, average] of bones.entries()) {
        const long = length(sub(joints[2 + 4 * f + b], joints[1 + 4 * f + b]));
        near(long, shape.bones[f][b], 1e-9, `image ${n}: finger ${f} bone ${b}`);
        near(long / average, 1, 0.18, `image ${n}: finger ${f} bone ${b} against the average`);
        const { low, high } = JOINT_LIMITS[f].flexion[b];
        const angle = pose[f].flexion[b];
        assert.ok(angle >= low && angle <= Math.min(high, range.flexion), `image ${n}: flexion ${angle}`);
      }
    }
    const view = sampleView(key(n), range);
    assert.ok(Math.abs(view.turn) <= 35 && view.tilt >= 0 && view.tilt <= 30);
  }
});

test("poses fill their range", () => {
  const poses = numbers(300).map((n) => samplePose(key(n), range));
  const views = numbers(300).map((n) => sampleView(key(n), range));
  for (let f = 1; f < 5; f++) {
    const middle = poses.map((pose) => pose[f].flexion[1]);
    assert.ok(Math.min(...middle) < 3 && Math.max(...middle) > 42, `finger ${f} bends from 0 to 45 degrees`);
  }
  assert.ok(Math.min(...views.map((v) => v.turn)) < -32 && Math.max(...views.map((v) => v.turn)) > 32);
  for (const side of ["left", "fromBack"] as const) {
    near(views.filter((v) => v[side]).length / views.length, 0.5, 0.1, side);
  }
});

/** The view's rotations as quaternions, (x, y, z, w): another way than the matrices of the code under test. */
function seen(point: Vec3, n: number): Vec3 {
  const { left, fromBack, turn, tilt, tiltAxis } = sampleView(key(n), range);
  const spin = (v: Vec3, axis: Vec3, angle: number): Vec3 => {
    const [half, toRadians] = [angle / 2, Math.PI / 180];
    const [s, w] = [Math.sin(half * toRadians), Math.cos(half * toRadians)];
    const q: Vec3 = [axis[0] * s, axis[1] * s, axis[2] * s];
    const t = cross(q, v).map((c) => 2 * c) as unknown as Vec3;
    const u = cross(q, t);
    return [v[0] + w * t[0] + u[0], v[1] + w * t[1] + u[1], v[2] + w * t[2] + u[2]];
  };
  const mirrored: Vec3 = [left ? -point[0] : point[0], -point[1], point[2]];
  const faced = fromBack ? spin(mirrored, [0, 1, 0], 180) : mirrored;
  const axis = (tiltAxis * Math.PI) / 180;
  return spin(spin(faced, [Math.cos(axis), Math.sin(axis), 0], tilt), [0, 0, 1], turn);
}

test("joints are projected as an independent computation projects them, into 2.2 boxes' crop", () => {
  for (const n of numbers(100)) {
    const { joints } = buildScene(key(n), range);
    const points = poseHand(sampleShape(key(n)), samplePose(key(n), range)).joints.map((p) => seen(p, n));
    const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
    const [width, height] = [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)];
    const { zoom, shift } = sampleCrop(key(n));
    const side = CROP_BOXES * zoom * Math.max(width, height);
    for (const [j, [x, y]] of joints.entries()) {
      near(x, (xs[j] - Math.min(...xs) - width / 2) / side + 0.5 + shift[0], 1e-12, `image ${n} joint ${j} x`);
      near(y, (ys[j] - Math.min(...ys) - height / 2) / side + 0.5 + shift[1], 1e-12, `image ${n} joint ${j} y`);
      assert.ok(x > 0.1 && x < 0.9 && y > 0.1 && y < 0.9, `image ${n}: joint ${j} in the frame`);
    }
  }
});

test("the thumb is on the side that a left or right hand has it on", () => {
  for (const n of numbers(100)) {
    const { left, fromBack } = sampleView(key(n), range);
    const { joints } = buildScene(key(n), range);
    const [wrist, index, little] = [joints[0], joints[5], joints[17]];
    // Fingers up, y down: from little to index finger is to the right on a right palm and on a left back.
    const turning = cross(sub(little, wrist), sub(index, wrist))[2];
    assert.is(turning > 0, left === fromBack, `image ${n}`);
  }
});

test("a capsule's front equals the nearest of many spheres", () => {
  const draws = new Draws(99);
  let endOn = 0;
  for (let i = 0; i < 60; i++) {
    const point = (): Vec3 => [draws.uniform(-1, 1), draws.uniform(-1, 1), draws.uniform(-1, 1)];
    const a = point();
    // A third of them nearly end-on.
    const b: Vec3 = i % 3 === 0 ? [a[0] + draws.uniform(-0.02, 0.02), a[1], a[2] + draws.uniform(-1, 1)] : point();
    const ra = draws.uniform(0.2, 0.4);
    const capsule = { a, b, ra, rb: ra * draws.uniform(0.85, 1.15) }; // tapered as fingers are
    const hidesItsEnd = Math.hypot(b[0] - a[0], b[1] - a[1]) < Math.abs(capsule.rb - ra);
    endOn += hidesItsEnd ? 1 : 0;
    for (let k = 0; k < 40; k++) {
      const [x, y] = [draws.uniform(-1.2, 1.2), draws.uniform(-1.2, 1.2)];
      let nearest = Number.POSITIVE_INFINITY;
      let deepest = -1;
      for (let s = 0; s <= 2000; s++) {
        const t = s / 2000;
        const at = (d: number) => a[d] + t * (b[d] - a[d]);
        const q = (capsule.ra + t * (capsule.rb - capsule.ra)) ** 2 - (x - at(0)) ** 2 - (y - at(1)) ** 2;
        deepest = Math.max(deepest, q);
        if (q > 0) nearest = Math.min(nearest, at(2) - Math.sqrt(q));
      }
      const front = frontOf(capsule, x, y);
      if (deepest < -1e-3) assert.is(front, null, "passes by");
      // Near the outline the root is steep; where one end hides the other, the far one is shrunk a little.
      if (deepest > 0.04) near(front?.z ?? Number.NaN, nearest, hidesItsEnd ? 1e-2 : 1e-5, `capsule ${i}`);
    }
  }
  assert.ok(endOn > 5, `${endOn} seen end-on`);
});

test("a joint behind another finger is hidden; one behind its own flesh, or beside, is not", () => {
  const part = (z: number, x: number, joints: number[]): Capsule => {
    const end = (y: number): Vec3 => [x, y, z];
    return { a: end(0.4), b: end(0.6), ra: 0.05, rb: 0.05, back: [0, 0, 1], chain: 1, bone: 0, joints };
  };
  const joints: Vec3[] = [
    [0.5, 0.5, 0],
    [0.5, 0.5, -0.3],
    [0.8, 0.5, 0],
  ];
  const scene = { joints, millimetre: 0.002, capsules: [part(0, 0.5, [0]), part(-0.3, 0.5, [1]), part(0, 0.8, [2])] };
  assert.equal(visibleJoints(scene), [false, true, true]);
});

test("most joints can be seen, some cannot, fingertips are hidden more often than bases of fingers", () => {
  const hidden = new Array(21).fill(0);
  for (const n of numbers(400)) {
    for (const [j, visible] of visibleJoints(buildScene(key(n), range)).entries()) hidden[j] += visible ? 0 : 1 / 400;
  }
  const mean = hidden.reduce((sum, h) => sum + h, 0) / 21;
  assert.ok(mean > 0.01 && mean < 0.2, `hidden share ${mean}`);
  const over = (offset: number) => [1, 2, 3, 4].reduce((sum, f) => sum + hidden[1 + 4 * f + offset], 0);
  assert.ok(over(3) > over(0), `tips ${over(3)}, bases ${over(0)}`);
});

test("a tile's masks name every capsule that its pixels see and that shades them", () => {
  const size = 48;
  const tiles = size / TILE;
  for (const n of numbers(6)) {
    const scene = buildScene(key(n), range);
    const look = sampleLook(key(n), range);
    assert.ok(scene.capsules.length <= MAX_CAPSULES);
    const masks = new Uint32Array(2 * tiles * tiles);
    packTiles(masks, scene, look, size);
    const frame = lightFrame(look.light);
    const lit = scene.capsules.map((c) => ({ ...c, a: apply(frame, c.a), b: apply(frame, c.b) }));
    let shaded = 0;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const at = 2 * (Math.floor(y / TILE) * tiles + Math.floor(x / TILE));
        const has = (which: 0 | 1, i: number) =>
          assert.ok((masks[at + which] >>> i) & 1, `image ${n}: ${x}, ${y}: ${i}`);
        let z = Number.POSITIVE_INFINITY;
        for (const [i, capsule] of scene.capsules.entries()) {
          const front = frontOf(capsule, x / size, y / size);
          if (!front) continue;
          has(0, i);
          z = Math.min(z, front.z);
        }
        if (z === Number.POSITIVE_INFINITY) continue;
        const [px, py, pz] = apply(frame, [x / size, y / size, z]);
        for (const [i, capsule] of lit.entries()) {
          const caster = frontOf(capsule, px, py);
          if (!caster || caster.z > pz - 0.01) continue;
          has(1, i);
          shaded++;
        }
      }
    }
    assert.ok(shaded > 0 && masks.some((mask) => mask === 0), "some pixels are shaded, some tiles empty");
  }
});

test("looks differ: skin from very dark to very light, light from many sides", () => {
  const looks = numbers(200).map((n) => sampleLook(key(n), range));
  const displayed = looks.map(({ skin }) => 255 * Math.sqrt(0.3 * skin[0] + 0.6 * skin[1] + 0.1 * skin[2]));
  assert.ok(Math.min(...displayed) < 60 && Math.max(...displayed) > 210, "skin tones");
  for (const { light, skin, palm } of looks) {
    near(length(light), 1, 1e-12, "unit light");
    assert.ok(light[2] < -0.4, "from the viewer's side");
    for (const c of [...skin, ...palm]) assert.ok(c >= 0 && c <= 1);
  }
  assert.ok(looks.some(({ light }) => light[0] > 0.4) && looks.some(({ light }) => light[0] < -0.4));
});

test.run();
