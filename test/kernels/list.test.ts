// kernels/texts.ts, written by kernels/generate.mjs from what its folder holds.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("list of kernels");

interface Generator {
  staleList(folder?: string): Promise<string | null>;
  writeList(folder: string): Promise<void>;
}
const generator = (): Promise<Generator> => import(pathToFileURL(resolve("kernels/generate.mjs")).href);

const KERNEL = "@compute @workgroup_size(1)\nfn main() {}\n";
const STALE = "kernels/texts.ts does not list what the folder holds: run node kernels/generate.mjs";

/** A folder of some files, handed to `use`. */
async function withFolder(files: Record<string, string>, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "nsrm-kernels-"));
  try {
    for (const [path, text] of Object.entries(files)) add(folder, path, text);
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function add(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

test("is what this folder holds", async () => {
  const { staleList } = await generator();
  assert.is(await staleList(), null);
});

test("names kernels and includes; a file more, less or elsewhere makes it stale, and it is written anew", async () => {
  const { staleList, writeList } = await generator();
  const files = { "relu.wgsl": KERNEL, "conv/conv_db.wgsl": KERNEL, "include/float.wgsl": "fn f() {}\n" };
  await withFolder(files, async (folder) => {
    assert.is(await staleList(folder), STALE);
    await writeList(folder);
    assert.is(await staleList(folder), null);
    const written = readFileSync(join(folder, "texts.ts"), "utf8");
    assert.match(written, 'import conv_db from "./conv/conv_db.wgsl";\nimport float from "./include/float.wgsl";\n');
    assert.match(written, "kernelTexts = {\n  conv_db,\n  relu,\n};");
    assert.match(written, '= {\n  "float.wgsl": float,\n};');

    add(folder, "softplus.wgsl", KERNEL);
    assert.is(await staleList(folder), STALE);
    await writeList(folder);
    assert.is(await staleList(folder), null);
    rmSync(join(folder, "conv/conv_db.wgsl"));
    assert.is(await staleList(folder), STALE);
    add(folder, "conv_db.wgsl", KERNEL);
    assert.is(await staleList(folder), STALE);
  });
});

test("an entry point may be included, through several files", async () => {
  const { staleList, writeList } = await generator();
  const files = {
    "add.wgsl": '// an op\n#include "pairs.wgsl"\n',
    "include/pairs.wgsl": '#include "main.wgsl"\n',
    "include/main.wgsl": KERNEL,
  };
  await withFolder(files, async (folder) => {
    await writeList(folder);
    assert.is(await staleList(folder), null);
  });
});

test("what cannot be listed is one line", async () => {
  const { staleList } = await generator();
  const refused: [files: Record<string, string>, line: string][] = [
    [{ "a.wgsl": KERNEL, "conv/a.wgsl": KERNEL }, "kernels/a.wgsl and kernels/conv/a.wgsl have one name"],
    [{ "a.wgsl": KERNEL, "include/a.wgsl": "" }, "kernels/a.wgsl and kernels/include/a.wgsl have one name"],
    [{ "soft-plus.wgsl": KERNEL }, "kernels/soft-plus.wgsl: expected a name of a-z, 0-9 and _"],
    [
      { "a.wgsl": '// @compute\n#include "b.wgsl"\n', "include/b.wgsl": '#include "b.wgsl"\n' },
      "kernels/a.wgsl: no @compute here or in what it includes; an include lies in kernels/include/",
    ],
    [
      { "include/a.wgsl": KERNEL },
      "kernels/include/a.wgsl: a kernel (it has @compute, and none includes it) lies in kernels/",
    ],
  ];
  for (const [files, line] of refused) {
    await withFolder(files, async (folder) => assert.is(await staleList(folder), line));
  }
});

test.run();
