import { type ChildProcess, spawn } from "node:child_process";
import * as assert from "uvu/assert";

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

/** Exit code 2, and one line on standard error that says why. */
export function refused({ code, stderr }: Ended, message: RegExp): void {
  assert.match(stderr, /^nsrm: [^\n]+\n$/);
  assert.match(stderr, message);
  assert.is(code, 2, stderr);
}

/** Bad input: what it is, the arguments, what the line says, and the environment. */
export type Case = [string, string[], RegExp, NodeJS.ProcessEnv?];

export async function refuseAll(cases: Case[]): Promise<void> {
  // A few at a time: most of a start is waiting.
  const waiting = [...cases];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, args, message, env] = next;
      try {
        refused(await nsrm(args, env), message);
      } catch (error) {
        (error as Error).message = `${name}: ${(error as Error).message}`;
        throw error;
      }
    }
  };
  await Promise.all([worker(), worker(), worker()]);
}
