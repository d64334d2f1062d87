import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { everyOp } from "../../helpers/ops";

const test = suite("ops index");

/** Names of the ops that the files of engine/ops define: literally, or as the first argument of a family's maker. */
function definedOps(): string[] {
  return readdirSync("engine/ops")
    .filter((file) => file.endsWith(".ts") && file !== "op.ts" && file !== "index.ts")
    .flatMap((file) => [...readFileSync(`engine/ops/${file}`, "utf8").matchAll(/^export const (\w+)Op\b/gm)])
    .map(([, name]) => name);
}

test("every op that is defined leaves by the door, so that tests are generated for it", () => {
  const defined = definedOps();
  assert.ok(defined.length >= 25, `${defined.length} ops found`);
  const door = readFileSync("engine/ops/index.ts", "utf8");
  for (const name of defined)
    assert.match(door, new RegExp(`\\b${name}Op\\b`), `${name}Op is not in engine/ops/index.ts`);
  assert.is(everyOp.length, defined.length);
});

test.run();
