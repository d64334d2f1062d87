import { spawnSync } from "node:child_process";
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/** The package as `npm pack` makes it (with build-library.mjs), installed in an empty project: its types, its programs, its command line. */
const test = suite("package");

interface Manifest {
  exports: Record<string, Record<string, unknown>>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

let home = "";
const inPackage = (path: string) => join(home, "node_modules/nsrm-webgpu", path);
const manifest = (): Manifest => JSON.parse(readFileSync(inPackage("package.json"), "utf8"));

/** Runs a program in the project. @returns what it printed */
function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: home, encoding: "utf8" });
  assert.is(status, 0, `${[command, ...args].join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Links what the package depends on to where the checkout has it; nothing else can be found from the project. */
function link(name: string): void {
  const [from, to] = [resolve("node_modules", name), join(home, "node_modules", name)];
  if (!existsSync(from)) return; // optional, and not for this system
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to, "dir");
}

test.before(async () => {
  home = mkdtempSync(join(tmpdir(), "nsrm-package-"));
  const packed = spawnSync("npm", ["pack", "--json", "--pack-destination", home], { encoding: "utf8", shell: true });
  assert.is(packed.status, 0, packed.stderr);
  const tarball = readdirSync(home).find((file) => file.endsWith(".tgz"));
  assert.ok(tarball, packed.stdout);
  const unpacked = extract(inPackage(""), {
    map: (header) => ({ ...header, name: header.name.replace("package/", "") }),
  });
  await pipeline(createReadStream(join(home, tarball)), createGunzip(), unpacked);
  const { dependencies, optionalDependencies } = manifest();
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) link(name);
  link("@types/node"); // the project's own, as any program for Node has it
  await writeFile(join(home, "package.json"), '{ "name": "project", "private": true, "type": "module" }');
  cpSync("examples", home, { recursive: true });
});

test.after(() => rm(home, { recursive: true, force: true }));

test("holds every file that it names, the kernels, no tests and no peers", () => {
  const named = JSON.stringify(manifest().exports).match(/"\.\/[^"]+\.(js|d\.ts)"/g) ?? [];
  assert.ok(named.length >= 16, named.join());
  for (const path of named) assert.ok(existsSync(inPackage(path.slice(1, -1))), path);
  assert.ok(existsSync(inPackage("kernels/conv/conv_slide.wgsl")));
  assert.ok(existsSync(inPackage("docs/fixtures.md"))); // verify --help names it
  assert.not.ok(existsSync(inPackage("test")));
  const texts = readdirSync(inPackage("dist"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .map((file) => readFileSync(inPackage(`dist/${file}`), "utf8"));
  const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const bundled = texts.flatMap((text) => [...text.matchAll(/^\/\/ node_modules\/((@[^/]+\/)?[^/]+)\//gm)]);
  assert.ok(bundled.length > 0);
  for (const [, name] of bundled) assert.not.ok(name in devDependencies, `${name}: a development dependency`);
});

const tsc = (config: object) => {
  const options = {
    strict: true,
    erasableSyntaxOnly: true,
    target: "es2023",
    types: ["node"],
    outDir: "built",
    ...config,
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return run(process.execPath, resolve("node_modules/typescript/bin/tsc"), ...flags, ...programs.map((p) => `${p}.ts`));
};
const programs = ["spirals", "custom-op", "stacked-hourglass", "infer"];

test("its types compile, and are checked themselves, under Node's rules", () => {
  tsc({ module: "nodenext", moduleResolution: "nodenext", lib: "es2023,dom", skipDefaultLibCheck: true });
});

test("and under a bundler's", () => {
  tsc({ module: "esnext", moduleResolution: "bundler", lib: "es2023", skipLibCheck: true, noEmit: true });
});

/** The losses that an example prints. */
const losses = (text: string) => [...text.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));

test("example: another network learns", () => {
  const [first, ...rest] = losses(run(process.execPath, "built/spirals.js"));
  assert.is(rest.length, 4);
  assert.ok(rest[3] < 0.1 && rest[3] < first, `${first}, ${rest}`);
});

test("example: an op of one's own equals its reference and finite differences", () => {
  const text = run(process.execPath, "built/custom-op.js");
  const [forward, gradient] = [...text.matchAll(/(?:forward|gradient) (\S+e-\d+)/g)].map(([, error]) => Number(error));
  assert.ok(forward < 1e-5 && gradient < 1e-5, text);
  assert.match(text, "swish -0.2384 0.0000 1.7616");
  assert.match(text, "slope -0.0908 0.5000 1.0908");
});

test("example: the limb-mask loss on a stacked hourglass goes down", () => {
  const curve = losses(run(process.execPath, "built/stacked-hourglass.js", "21"));
  assert.is(curve.length, 3);
  assert.ok(curve[2] < 0.95 * curve[1], curve.join());
});

test("the command line knows the experiments that come with it, and inference reads what it trained", async () => {
  const sets = ["width=0.03", "image_size=32", "samples=0", "synthetic.count_valid=2", "synthetic.count_test=2"];
  const flags = ["--max-steps", "2", "--out", "run", ...sets.flatMap((s) => ["--set", s])];
  run(process.execPath, inPackage("bin/nsrm.mjs"), "train", "quickstart", ...flags);
  run(
    process.execPath,
    inPackage("bin/nsrm.mjs"),
    "synth",
    "hands",
    "--count",
    "3",
    "--size",
    "64",
    "--split",
    "34/33/33",
  );
  const [photo] = readdirSync(join(home, "hands/imgs"));
  const joints = run(process.execPath, "built/infer.js", "run/best.safetensors", `hands/imgs/${photo}`);
  const lines = joints.trim().split("\n");
  assert.is(lines.length, 21);
  assert.match(lines[0], /^wrist +-?[\d.]+ +-?[\d.]+ +\d\.\d\d$/);
});

test("a page's bundler takes the browser's side, which needs nothing of Node", async () => {
  const entries = Object.keys(manifest().exports).filter((name) => name !== "./package.json");
  const page = entries.map((name, i) => `export * as e${i} from "${name.replace(".", "nsrm-webgpu")}";`).join("\n");
  await writeFile(join(home, "page.js"), page);
  const flags = ["--bundle", "--platform=browser", "--format=esm", "--metafile=page.json", "--outfile=page.out.js"];
  run(resolve("node_modules/.bin/esbuild"), "page.js", ...flags);
  const inputs = Object.keys(JSON.parse(readFileSync(join(home, "page.json"), "utf8")).inputs);
  assert.ok(inputs.some((path) => path.endsWith("dist/lib/browser/engine.js")));
  assert.not.ok(inputs.some((path) => path.includes("/lib/node/")));
  assert.match(readFileSync(join(home, "page.out.js"), "utf8"), "this browser has no WebGPU");
});

test.run();
