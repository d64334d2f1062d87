import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CLibrary } from "./c-library";

const STDERR = 2;

/**
 * Runs `body` while what native code writes to file descriptor 2 goes into a temporary file, and adds its lines to `said`.
 * Dawn and Vulkan's loader write there by themselves, below Node, whoever listens. `body` must not await: whatever this
 * process writes meanwhile is held. Where nothing can be held (no C library, descriptor 2 closed, nowhere to write a
 * file), `body` runs all the same.
 */
export function holdStderr<T>(c: CLibrary | null, said: string[], body: () => T): T {
  const saved = c ? c.dup(STDERR) : -1;
  if (!c || saved < 0) return body();
  const path = join(tmpdir(), `nsrm-webgpu-${randomUUID()}`);
  const file = c.creat(path, 0o600);
  try {
    if (file >= 0) c.dup2(file, STDERR);
    return body();
  } finally {
    c.dup2(saved, STDERR);
    c.close(saved);
    if (file >= 0) {
      c.close(file);
      said.push(...linesOf(path));
      rmSync(path, { force: true });
    }
  }
}

const linesOf = (path: string): string[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
