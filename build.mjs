// Bundles the command line into dist/. Kernels are inlined as text; packages with native parts stay outside.
import { readdirSync } from "node:fs";
import { join, parse } from "node:path";
import { build } from "esbuild";
import { isMain } from "./is-main.mjs";
import { requireFreshList } from "./kernels/generate.mjs";
import { replaceFolder } from "./replace-folder.mjs";

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
  // A library of the benchmarks' peers that would be cut into pieces; the others are bundled into their peer's own file.
  "@jax-js/jax",
];

/** `import script from "./file?worker"`: the file, bundled with all that it imports, as a worker thread's script. */
const workers = {
  name: "workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?worker$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, `${path.replace("?worker", "")}.ts`),
      namespace: "worker",
    }));
    onLoad({ filter: /.*/, namespace: "worker" }, async ({ path }) => {
      const { outputFiles, metafile } = await build({
        ...{ entryPoints: [path], bundle: true, write: false, metafile: true },
        ...{ format: "cjs", platform: "node", target: "node20" },
      });
      return { contents: outputFiles[0].text, loader: "text", watchFiles: Object.keys(metafile.inputs) };
    });
  },
};

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
  plugins: [workers],
  logLevel: "warning",
};

/** The benchmarks' peers: files of their own, with the libraries that they are, in a folder that the package leaves out. */
const peers = readdirSync("bench/peers").filter((file) => file !== "index.ts");

const entryPoints = {
  nsrm: "cli/main.ts",
  ...Object.fromEntries(peers.map((file) => [`peers/${parse(file).name}`, `./bench/peers/${file}`])),
};

/** Builds so that a command that starts or runs meanwhile finds its files. @param changes of the options above */
export async function buildCli(outdir = "dist/cli", changes = {}) {
  await replaceFolder(outdir, (fresh) => build({ ...options, ...changes, entryPoints, outdir: fresh }));
}

if (isMain(import.meta)) {
  await requireFreshList();
  await buildCli();
}
