// Lists the .wgsl files of this folder in texts.ts: `node kernels/generate.mjs`, whenever one is added, moved or removed.
// What lies in include/ others may `#include`; every other file is a kernel, with an entry point of its own or included.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMain } from "../is-main.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

/** One line that says so where texts.ts does not list what is there, or what is there cannot be listed; else null. */
export async function staleList(folder = HERE) {
  const written = await readFile(join(folder, "texts.ts"), "utf8").catch(() => "");
  try {
    if (written === (await listOf(folder))) return null;
    return "kernels/texts.ts does not list what the folder holds: run node kernels/generate.mjs";
  } catch (error) {
    return error.message;
  }
}

/** Ends the process with that line where there is one. */
export async function requireFreshList() {
  const stale = await staleList();
  if (!stale) return;
  console.error(stale);
  process.exit(1);
}

/** Writes texts.ts. @throws Error one line, where the files cannot be listed */
export async function writeList(folder = HERE) {
  await writeFile(join(folder, "texts.ts"), await listOf(folder));
}

/** @returns what texts.ts should hold */
async function listOf(folder) {
  const files = await filesOf(folder);
  const includes = files.filter(({ path }) => path.startsWith("include/"));
  const kernels = files.filter((file) => !includes.includes(file));
  checkEntries(kernels, includes);
  return `// Written by \`node kernels/generate.mjs\`: the .wgsl files of this folder.
// biome-ignore-all assist/source/organizeImports: by path.
${files.map(({ name, path }) => `import ${name} from "./${path}";`).join("\n")}

export const kernelTexts = {
${kernels.map(({ name }) => `  ${name},`).join("\n")}
};

/** What they may include. */
export const includeTexts: Readonly<Record<string, string>> = {
${includes.map(({ name }) => `  "${name}.wgsl": ${name},`).join("\n")}
};
`;
}

/** The texts by path, without comments. Kernels and includes go by their names alone, so that no two may have the same. */
async function filesOf(folder) {
  const paths = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll("\\", "/"));
  const files = new Map();
  for (const path of paths.filter((path) => path.endsWith(".wgsl")).sort()) {
    const name = basename(path, ".wgsl");
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`kernels/${path}: expected a name of a-z, 0-9 and _`);
    const other = files.get(name);
    if (other) throw new Error(`kernels/${other.path} and kernels/${path} have one name`);
    files.set(name, { name, path, code: (await readFile(join(folder, path), "utf8")).replace(/\/\/.*/g, "") });
  }
  return [...files.values()];
}

/** Refuses a kernel without an entry point, and one that lies among the includes, where nobody would find it. */
function checkEntries(kernels, includes) {
  const used = new Set();
  for (const kernel of kernels) {
    const parts = partsOf(kernel, includes);
    if (!parts.some(hasEntry)) {
      throw new Error(
        `kernels/${kernel.path}: no @compute here or in what it includes; an include lies in kernels/include/`,
      );
    }
    for (const part of parts) used.add(part);
  }
  const stray = includes.find((file) => hasEntry(file) && !used.has(file));
  if (stray)
    throw new Error(`kernels/${stray.path}: a kernel (it has @compute, and none includes it) lies in kernels/`);
}

const hasEntry = ({ code }) => /@compute\b/.test(code);

/** A text and all that it includes. */
function partsOf(file, includes, found = []) {
  if (found.includes(file)) return found;
  found.push(file);
  for (const [, name] of file.code.matchAll(/^\s*#include\s+"(.+)\.wgsl"/gm)) {
    const part = includes.find((each) => each.name === name);
    if (part) partsOf(part, includes, found);
  }
  return found;
}

if (isMain(import.meta)) {
  await writeList().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
