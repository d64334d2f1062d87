import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("start");

/** What a built file loads at once, from file to file: its modules, and what comes from outside. */
function loadedAtOnce(file: string, seen = new Set<string>()): { modules: string[]; libraries: string[] } {
  seen.add(file);
  const text = readFileSync(`dist/cli/${file}`, "utf8");
  const imports = [...text.matchAll(/^(?:import|\} from|import .* from) "([^"]+)";$/gm)].map(([, from]) => from);
  const files = imports.filter((from) => from.startsWith("./")).map((from) => from.slice(2));
  const rest = files.filter((name) => !seen.has(name)).map((name) => loadedAtOnce(name, seen));
  return {
    modules: [...[...text.matchAll(/^\/\/ (\S+\.\w+)$/gm)].map(([, path]) => path), ...rest.flatMap((r) => r.modules)],
    libraries: [...imports.filter((from) => !/^\.|^node:/.test(from)), ...rest.flatMap((r) => r.libraries)],
  };
}

test("before the verb is known nothing of a verb is loaded: of the tables of peers and formats no entry, no library but commander", () => {
  const { modules, libraries } = loadedAtOnce("nsrm.js");
  assert.equal([...new Set(libraries)], ["commander"]);
  for (const path of ["cli/main.ts", "bench/peers/index.ts", "train/prepare/formats/node.ts"]) {
    assert.ok(modules.includes(path), `${path} among ${modules.join()}`);
  }
  const ofVerbs =
    /node_modules\/|^(kernels|masks|web)\/|^engine\/(?!errors\/)|^model\/(?!files\/)|^train\/(?!prepare\/formats\/node)|^bench\/(?!peers\/index)/;
  assert.equal(
    modules.filter((path) => ofVerbs.test(path)),
    [],
  );
});

test.run();
