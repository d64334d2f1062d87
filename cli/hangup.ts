import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** The number of SIGHUP less one: its bit in Linux's masks of signals. */
const HANGUP_BIT = 0n;

/**
 * Whether whoever started this process asked that a closed terminal should not end it, as `nohup` does. Node forgets which
 * signals it found ignored, so the question is asked of what is left: the command that the shell says it ran, a parent that
 * ignores the signal, nohup's own file as the output.
 */
export function hangupIgnored(): boolean {
  return basename(process.env._ ?? "") === "nohup" || parentIgnores() || basename(outputFile()) === "nohup.out";
}

/** Linux tells; elsewhere nothing is known. */
function parentIgnores(): boolean {
  const mask = attempt(
    () => /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${process.ppid}/status`, "utf8"))?.[1],
  );
  return mask !== undefined && ((BigInt(`0x${mask}`) >> HANGUP_BIT) & 1n) === 1n;
}

const outputFile = (): string => attempt(() => readlinkSync("/proc/self/fd/1")) ?? "";

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
