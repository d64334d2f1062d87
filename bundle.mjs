// One archive for a Linux x64 machine without npm, Node or a network (a GPU server, say): `npm run bundle` writes
// dist/nsrm-webgpu-VERSION-linux-x64.tar.xz. Unpacked there, ./nsrm is the command line and ./nsrm-test runs the tests.
import { spawnSync } from "node:child_process";
import { chmod, copyFile, cp, mkdir, readdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";
import { buildCli, external, options } from "./build.mjs";
import { isMain } from "./is-main.mjs";

/** The archive's promise, in bytes. */
const LARGEST = 60e6;

/** Copied as they are. */
const PLAIN = [
  ...["bin/nsrm.mjs", "configs", "test/golden", "test/run.mjs"],
  ...["package.json", "README.md", "LICENSE", "docs/fixtures.md", "docs/peer-cases.md"],
];

/** Of packages that also carry other systems' files and sources: what is loaded on Linux x64. */
const PARTS = {
  webgpu: /^(index\.js|dist\/linux-x64\/.*)$/,
  koffi: /^(index\.c?js|src\/koffi\/.*)$/,
  "@koromix/koffi-linux-x64": /^(index\.js|linux_x64\/.*)$/,
  "@sparticuz/chromium": /^(build\/.*|bin\/swiftshader\.tar\.br)$/,
};
/** Types, sources, maps and manuals. */
const UNUSED = /\.(ts|mts|cts|h|map|md)$/;
/** bare-*: for the Bare runtime, which Node is not. @webgpu/types: types alone. */
const LEFT_OUT = /^(bare-.*|@webgpu\/types)$/;

/** Node and dawn.node need these; they are taken along for systems that have none, or older ones. */
const LIBRARIES = ["libstdc++.so.6", "libgcc_s.so.1"];

/** Lays a bundle out in `folder`, which is made anew. @throws Error elsewhere than on Linux x64 */
export async function stage(folder) {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("a bundle is made on Linux x64");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const path of PLAIN) await cp(path, join(folder, path), { recursive: true });
  for (const name of ["nsrm", "nsrm-test"]) await copyFile("bin/bundled.sh", join(folder, name));
  await buildCli(join(folder, "dist/cli"), { sourcemap: false });
  await buildTests(join(folder, "dist/test"));
  for (const [from, name] of await packages(external)) await copyPackage(from, name, join(folder, from));
  await copyRuntime(join(folder, "runtime"));
}

/** The tests, but for those of the page and the package, and those that read this project's sources or call its build tools. */
async function buildTests(outdir) {
  const entryPoints = ["test/helpers/gpu.ts"];
  for (const file of await readdir("test", { recursive: true })) {
    if (!file.endsWith(".test.ts") || /\bweb\b|^library\//.test(file)) continue;
    const text = await readFile(join("test", file), "utf8");
    if (!/helpers\/child"|readdirSync\("(engine|bench|train)\/|(bundle|build-library|generate)\.mjs/.test(text))
      entryPoints.push(`test/${file}`);
  }
  await build({ ...options, sourcemap: false, entryPoints, outdir, outbase: "." });
}

/**
 * Packages with all that they depend on. One that is not installed is for another system.
 * @returns names by folder
 */
async function packages(names, from = ".", found = new Map()) {
  for (const name of names) {
    const folder = LEFT_OUT.test(name) ? null : await folderOf(name, from);
    if (!folder || found.has(folder)) continue;
    found.set(folder, name);
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const { dependencies, optionalDependencies } = manifest;
    await packages(Object.keys({ ...dependencies, ...optionalDependencies }), folder, found);
  }
  return found;
}

/** Where Node finds a package that is imported from a folder, or null. */
async function folderOf(name, from) {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    if (await stat(folder).catch(() => null)) return folder;
    if (at === ".") return null;
  }
}

async function copyPackage(from, name, to) {
  const part = PARTS[name] ?? /./;
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name).slice(from.length + 1);
    if (!entry.isFile() || file.startsWith("node_modules/")) continue; // packages within it are copied by themselves
    const always = file === "package.json" || /^licen[cs]e/i.test(file);
    if (!always && (UNUSED.test(file) || !part.test(file))) continue;
    await mkdir(dirname(join(to, file)), { recursive: true });
    await copyFile(join(from, file), join(to, file));
  }
}

/** This very Node without its debugging symbols, and the libraries that it has loaded. */
async function copyRuntime(folder) {
  await mkdir(join(folder, "lib"), { recursive: true });
  const node = join(folder, "node");
  await copyFile(await realpath(process.execPath), node);
  await chmod(node, 0o755);
  spawnSync("strip", [node]); // where there is no strip, Node goes as it is
  const loaded = (await readFile("/proc/self/maps", "utf8")).split(/\s+/);
  for (const library of LIBRARIES) {
    const path = loaded.find((word) => basename(word).startsWith(library));
    if (path) await copyFile(path, join(folder, "lib", library)); // a Node from nodejs.org has them inside
  }
}

/** Packs a folder as `folder`.tar.xz. @returns the archive's path and bytes */
export async function pack(folder) {
  const archive = `${folder}.tar.xz`;
  const flags = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner"];
  const { status, error } = spawnSync("tar", ["-C", dirname(folder), ...flags, "-cJf", archive, basename(folder)], {
    env: { ...process.env, XZ_OPT: "-T0" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error(`tar failed: ${error?.message ?? `exit code ${status}`}`);
  return { archive, bytes: (await stat(archive)).size };
}

if (isMain(import.meta)) {
  const { version } = JSON.parse(await readFile("package.json", "utf8"));
  const folder = `dist/nsrm-webgpu-${version}-linux-x64`;
  await stage(folder);
  const { archive, bytes } = await pack(folder);
  await rm(folder, { recursive: true });
  console.log(`${archive}: ${(bytes / 1e6).toFixed(1)} MB`);
  if (bytes > LARGEST) throw new Error(`more than ${LARGEST / 1e6} MB`);
}
