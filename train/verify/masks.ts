import { type Gpu, UserError } from "../../engine/index";
import { compareMasks, groupsOf, HAND, MASK_OUTPUTS, MASK_TOLERANCE, renderMaskSet } from "../../masks/index";
import type { NamedArray, SafetensorsFile } from "../../model/files/node";
import { check, type VerifyReport } from "./report";

/** Undecidable pixels that are named one by one; the rest are counted. */
const NAMED = 20;

/**
 * Renders a masks fixture (`labels_map` [n, 21, 2], and any of `heat`, `lpm_g7`, `ldm_g7`) and compares: LDM without one
 * differing pixel, LPM and Gaussian within 1e-5, except where float32 cannot decide, which is named and counted.
 * @param dump receives our `heat`, `lpm_g7`, `ldm_g7`
 */
export async function verifyMasks(gpu: Gpu, file: SafetensorsFile, dump: NamedArray[]): Promise<VerifyReport> {
  const present = MASK_OUTPUTS.filter((name) => file.has(name));
  if (present.length === 0)
    throw new UserError(`${file.path}: it has none of ${MASK_OUTPUTS.join(", ")} to compare with`);
  const [hands, joints, two] = file.shape("labels_map");
  const count = HAND.joints.length;
  if (joints !== count || two !== 2) {
    throw new UserError(`${file.path}: labels_map is [${file.shape("labels_map")}]; expected [n, ${count}, 2]`);
  }
  const [, , height, width] = file.shape(present[0]);
  // Fixtures are of hands, their limbs in the seven channels of G1&6.
  const scene = { skeleton: HAND, grouping: "G1_6", labels: file.f64("labels_map"), size: { height, width } };
  const channels = groupsOf(HAND, scene.grouping).length;
  const ours = await renderMaskSet(gpu, scene);
  const expected = { ...ours, ...Object.fromEntries(present.map((name) => [name, file.f32(name)])) };

  const report: VerifyReport = { kind: "masks", file: file.path, checks: [], notes: [], ok: true };
  for (const { output, largest, differing, undecidable } of compareMasks(scene, expected, ours)) {
    const shape = [hands, output === "heat" ? count : channels, height, width];
    dump.push({ name: output, shape, data: output === "ldm_g7" ? Uint8Array.from(ours[output]) : ours[output] });
    if (!file.has(output)) continue;
    report.checks.push(check(output, "max difference", largest, MASK_TOLERANCE[output]));
    report.checks.push(check(output, "differing pixels", differing, 0));
    if (undecidable.length === 0) continue;
    report.notes.push(`${output}: ${undecidable.length} pixels that float32 cannot decide are left out`);
    for (const u of undecidable.slice(0, NAMED)) {
      report.notes.push(`${output}: hand ${u.hand}, ${u.channel}, pixel (${u.x}, ${u.y}): ${u.limb} ${u.reason}`);
    }
  }
  report.ok = report.checks.every((c) => c.ok);
  return report;
}
