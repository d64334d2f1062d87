import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ops } from "../../../engine/ops/index";

const test = suite("ops index");

/** Names of the ops that the files of engine/ops define: literally, or as the first argument of a family's maker. */
function definedOps(): string[] {
  return readdirSync("engine/ops")
    .filter((file) => file.endsWith(".ts") && file !== "op.ts" && file !== "index.ts")
    .flatMap((file) => [...readFileSync(`engine/ops/${file}`, "utf8").matchAll(/^export const (\w+)Op\b/gm)])
    .map(([, name]) => name);
}

test("every op that is defined is in the list that tests are generated from", () => {
  const defined = definedOps();
  assert.ok(defined.length >= 25, `${defined.length} ops found`);
  const listed = readFileSync("engine/ops/index.ts", "utf8");
  const list = listed.slice(listed.indexOf("export const ops"));
  for (const name of defined) assert.match(list, new RegExp(`\\b${name}Op,`), `${name}Op is not in \`ops\``);
  assert.is(ops.length, defined.length);
});

test.run();
