import { existsSync, readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testGpu } from "../../helpers/gpu";
import { coverageTable, covered, total } from "./peer-cases/coverage";
import { families } from "./peer-cases/index";
import { failures } from "./peer-cases/run";
import { leftOut, unexpressed } from "./peer-cases/unexpressed";

for (const [family, tables] of Object.entries(families)) {
  const test = suite(`peer cases: ${family}`);
  for (const table of tables) {
    test(`${table.op} (${table.from})`, async () => {
      const wrong = await failures(await testGpu(), table);
      assert.is(wrong.length, 0, wrong.join("\n"));
    });
  }
  test.run();
}

const coverage = suite("peer cases: coverage");
const ORIGIN = "node_modules/@tensorflow/tfjs-core/dist";

/** The origin's test files of ops, by their path under `ops`. */
function originals(): string[] | null {
  if (!existsSync(`${ORIGIN}/ops/add_test.js`)) {
    console.log(`    skipped: ${ORIGIN} holds no tests`);
    return null;
  }
  const files = readdirSync(`${ORIGIN}/ops`, { recursive: true }) as string[];
  return files.map((file) => file.replaceAll("\\", "/")).filter((file) => file.endsWith("_test.js"));
}

coverage("no case is lost", () => {
  assert.ok(total.cases >= 900, `${total.cases} cases`);
  assert.ok(total.gradients >= 210, `${total.gradients} of gradients`);
});

coverage("cases of a table have titles of their own", () => {
  for (const { op, from, cases } of Object.values(families).flat()) {
    assert.is(new Set(cases.map((c) => c.title)).size, cases.length, `${op} (${from})`);
  }
});

coverage("each file of the origin has cases or a reason why not", () => {
  for (const file of originals() ?? []) {
    assert.ok(covered.has(file) !== file in unexpressed, `${file} needs cases or a reason, and not both`);
  }
});

coverage("what is said to come from a file has one", () => {
  const files = originals();
  if (!files) return;
  const exists = (file: string) => files.includes(file) || existsSync(`${ORIGIN}/${file}`);
  for (const file of [...covered.keys(), ...Object.keys(unexpressed)]) assert.ok(exists(file), file);
  for (const file of Object.keys(leftOut)) assert.ok(covered.has(file), `${file} has no case to leave anything out of`);
});

coverage("docs/peer-cases.md has this table", () => {
  const lines = readFileSync("docs/peer-cases.md", "utf8").split("\n");
  const written = lines.filter((line) => line.startsWith("|")).join("\n");
  assert.fixture(written, coverageTable());
});

coverage.run();
