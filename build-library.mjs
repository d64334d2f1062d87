// Builds what the package holds beside the command line: four entries for Node and for browsers, whose modules share
// their code, and their types.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { options } from "./build.mjs";
import { isMain } from "./is-main.mjs";

/** Entries of package.json's `exports`, by where they run. */
const entries = {
  node: { engine: "engine/node.ts", masks: "masks/index.ts", model: "model/node.ts", train: "train/node.ts" },
  browser: {
    engine: "engine/browser.ts",
    masks: "masks/index.ts",
    model: "model/index.ts",
    train: "train/index.ts",
  },
};

/** JavaScript to dist/lib/node and dist/lib/browser. The package holds the sources that its source maps name. */
export async function buildLibrary() {
  await rm("dist/lib", { recursive: true, force: true });
  for (const [platform, entryPoints] of Object.entries(entries)) {
    const outdir = `dist/lib/${platform}`;
    await build({ ...options, entryPoints, outdir, platform, chunkNames: "shared/[hash]", sourcesContent: false });
  }
}

/** Declarations to dist/types. */
export async function buildTypes() {
  await rm("dist/types", { recursive: true, force: true });
  const { status, stdout } = spawnSync("node_modules/.bin/tsc", ["-p", "tsconfig.types.json"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`tsc failed\n${stdout}`);
  for (const file of await readdir("dist/types", { recursive: true })) {
    if (file.endsWith(".d.ts")) await complete(join("dist/types", file));
  }
}

/** Makes a declaration file resolve everywhere: Node's rules want extensions, and WebGPU's own types come from a package. */
async function complete(path) {
  const text = await readFile(path, "utf8");
  const withExtensions = text.replaceAll(/(from |import\()"(\.[^"]*)"/g, (_, before, name) => {
    const file = existsSync(join(dirname(path), `${name}.d.ts`)) ? name : `${name}/index`; // tsc also names folders
    return `${before}"${file}.js"`;
  });
  const isEntry = /\b(index|browser|node)\.d\.ts$/.test(path);
  await writeFile(path, isEntry ? `/// <reference types="@webgpu/types" />\n${withExtensions}` : withExtensions);
}

if (isMain(import.meta)) {
  await buildLibrary();
  await buildTypes();
}
