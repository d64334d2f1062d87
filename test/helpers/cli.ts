import { type ChildProcess, spawn } from "node:child_process";

export interface Ended {
  /** Exit code, or the signal that ended it. */
  code: number | string | null;
  stdout: string;
  stderr: string;
}

/** Starts the command line in a process of its own. */
export function startNsrm(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child: ChildProcess = spawn(process.execPath, ["bin/nsrm.mjs", ...args], { env: { ...process.env, ...env } });
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
  });
  return { child, ended };
}

export const nsrm = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> => startNsrm(args, env).ended;
