import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../engine/errors/index";
import { parseJson, readText } from "../../../model/files/node";
import { type Format, type Found, readJoints } from "../contract/node";

/** FreiHAND shows each pose before four backgrounds: image i has the labels i mod (number of poses). */
const BACKGROUNDS = 4;

/**
 * FreiHAND: `training_xyz.json` ([N][21][3], metres in the camera's frame) and `training_K.json` ([N][3][3]), which give
 * the pixel uv = K xyz / z; images `training/rgb/00000000.jpg`, N for each background that is there. All are right hands,
 * in NSRM's order.
 */
export const format: Format = { read };

function read(source: string): Found {
  if (!statSync(source).isDirectory()) throw new UserError(`${source}: expected the folder of training_xyz.json`);
  const [xyzPath, cameraPath] = ["training_xyz.json", "training_K.json"].map((name) => join(source, name));
  const [poses, cameras] = [list(xyzPath), list(cameraPath)];
  if (poses.length !== cameras.length) {
    throw new UserError(`${cameraPath}: ${cameras.length} cameras for the ${poses.length} hands of ${xyzPath}`);
  }
  const found: Found = { hands: [], skipped: [], notes: [] };
  for (const [i, pose] of poses.entries()) {
    const labels = readJoints(
      project(pose, cameras[i], `${xyzPath}: [${i}]`, `${cameraPath}: [${i}]`),
      `${xyzPath}: [${i}]`,
    );
    for (let background = 0; background < BACKGROUNDS; background++) {
      const photo = `training/rgb/${String(background * poses.length + i).padStart(8, "0")}.jpg`;
      const path = join(source, photo);
      // Only the first background is always there.
      if (background === 0 || existsSync(path))
        found.hands.push({ path, photo, suffix: "", group: String(i), ...labels });
    }
  }
  return found;
}

function project(pose: unknown, camera: unknown, where: string, cameraWhere: string): number[][] {
  const vector = (row: unknown): row is number[] =>
    Array.isArray(row) && row.length === 3 && row.every(Number.isFinite);
  if (!Array.isArray(camera) || camera.length !== 3 || !camera.every(vector)) {
    throw new UserError(`${cameraWhere}: expected a 3 x 3 camera matrix`);
  }
  if (!Array.isArray(pose) || !pose.every(vector)) throw new UserError(`${where}: expected 21 joints [x, y, z]`);
  return (pose as number[][]).map((point) => {
    const [x, y, z] = (camera as number[][]).map((row) => row[0] * point[0] + row[1] * point[1] + row[2] * point[2]);
    return z > 0 ? [x / z, y / z, 1] : [Number.NaN, Number.NaN, 0];
  });
}

function list(path: string): unknown[] {
  const value = parseJson(readText(path, "FreiHAND's labels"), path);
  if (!Array.isArray(value)) throw new UserError(`${path}: expected a list`);
  return value;
}
