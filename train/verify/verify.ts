import { type Gpu, UserError } from "../../engine/index";
import { type NamedArray, type SafetensorsFile, writeSafetensors } from "../../model/files/node";
import { verifyMasks } from "./masks";
import { verifyModel } from "./model";
import type { VerifyReport } from "./report";
import { verifyTrajectory } from "./trajectory";

/**
 * Replays a fixture that the original (or anyone's PyTorch run) made, by the tensors in it, and compares. The layout is
 * described in docs/fixtures.md.
 * @param dump path for our own numbers, written whole or not at all
 * @throws UserError for a file that is none of the three kinds
 */
export async function verify(gpu: Gpu, file: SafetensorsFile, dump?: string): Promise<VerifyReport> {
  const ours: NamedArray[] = [];
  const report = await replay(gpu, file, ours);
  if (dump) await writeSafetensors(dump, ours);
  return report;
}

function replay(gpu: Gpu, file: SafetensorsFile, ours: NamedArray[]): Promise<VerifyReport> {
  const has = (prefix: string) => file.names.some((name) => name.startsWith(prefix));
  if (has("state")) return verifyTrajectory(gpu, file, ours);
  if (has("init.")) return verifyModel(gpu, file, ours);
  if (file.has("labels_map")) return verifyMasks(gpu, file, ours);
  throw new UserError(
    `${file.path}: not a fixture: it has neither 'init.*' (model), 'stateS.*' (trajectory) nor 'labels_map' (masks)`,
  );
}
