// Bundles the command line into dist/. Kernels are inlined as text; packages with native parts stay outside.
import { rm } from "node:fs/promises";
import { build } from "esbuild";

/** Packages that are loaded from node_modules at run time (native code, or their own data files beside them). */
export const external = [
  "webgpu",
  "koffi",
  "sharp",
  "tar-fs",
  "@sparticuz/chromium",
  "cli-progress",
  "commander",
  "proper-lockfile",
  "zod",
];

/** Options shared by the command line's build and the tests'. */
export const options = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  splitting: true,
  sourcemap: true,
  // wgsl_reflect's "main" is empty in Node; its "module" is the real thing.
  mainFields: ["module", "main"],
  loader: { ".wgsl": "text" },
  external,
  logLevel: "warning",
};

export async function buildCli() {
  await rm("dist/cli", { recursive: true, force: true });
  await build({ ...options, entryPoints: { nsrm: "cli/main.ts" }, outdir: "dist/cli" });
}

if (import.meta.url === `file://${process.argv[1]}`) await buildCli();
