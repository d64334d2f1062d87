import { readSafetensors } from "../model/files/node";
import { formatReport, verify } from "../train/verify/node";
import { withTunedGpu } from "./gpu";
import { expectPlace } from "./paths";

export interface VerifyOptions {
  dump?: string;
  json?: boolean;
  adapter?: string;
}

/** @returns exit code: 0 within tolerance, 1 not */
export async function verifyCommand(path: string, options: VerifyOptions): Promise<number> {
  const file = readSafetensors(path);
  await expectPlace("--dump", options.dump, [path]);
  const report = await withTunedGpu(options.adapter, (gpu) => verify(gpu, file, options.dump));
  console.log(options.json ? JSON.stringify(report) : formatReport(report));
  return report.ok ? 0 : 1;
}
