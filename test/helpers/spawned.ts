import { spawn } from "node:child_process";
import type { Outcome } from "./campaign";

/** A hung process is not waited for any longer than this. */
const PATIENCE_MS = 120_000;

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** What a promise comes to, unless it takes too long. */
export const within = <T>(promise: Promise<T>): Promise<T | "hung"> =>
  Promise.race([promise, pause(PATIENCE_MS).then(() => "hung" as const)]);

/** How a process ended, and what it said on standard error. */
export interface Ended {
  code: number | string | null;
  stderr: string;
}

export interface Process {
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Ended>;
}

/** Starts `nsrm` by a shell, in which `$NSRM` is the command. */
export function start(line: string, options: { env?: NodeJS.ProcessEnv; uid?: number } = {}): Process {
  const env = { ...process.env, NSRM: `${process.execPath} bin/nsrm.mjs`, ...options.env };
  const child = spawn("bash", ["-c", line], { ...options, env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code, signal) => resolve({ code: code ?? signal, stderr })),
  );
  return { kill: (signal) => child.kill(signal), ended };
}

/** What is wrong with what a process said: nothing that is not ours, and no stack. */
export function faultOf({ code, stderr }: Ended): { outcome: Outcome; detail: string } | null {
  const foreign = stderr.split("\n").filter((line) => line !== "" && !/^(nsrm|warning): /.test(line));
  if (foreign.length > 0) return { outcome: "stack trace", detail: stderr.slice(0, 500) };
  return code === 1 ? { outcome: "lost", detail: stderr } : null;
}
