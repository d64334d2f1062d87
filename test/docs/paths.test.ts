// The documents name files: each is there, and the five that answer a newcomer's questions say what is asked of them.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("documents");

const DOCUMENTS = [
  "README.md",
  ...["engine", "fixtures", "one-step", "peer-cases", "reliability"].map((name) => `docs/${name}.md`),
  ...["bench/README.md", "kernels/README.md"],
];

const FOLDERS = "(?:engine|kernels|masks|model|train|bench|cli|web|configs|examples|docs|test|bin)";
/** A path in backticks from the project's root, or beginning a line of the map. */
const PATHS = new RegExp(`\`(${FOLDERS}/[\\w./-]*)\``, "g");
/** A link to a file beside the document. */
const LINKS = /\]\((?!https?:)([^)#\s]+)/g;

/** Files that a document shows how to write. */
const WRITTEN_BY_THE_READER = /softplus|\bmine\b|_mine\b|NAME|^docs\/api$/;

for (const document of DOCUMENTS) {
  test(`${document} names files that are there`, () => {
    const text = readFileSync(document, "utf8");
    const named = [
      ...[...text.matchAll(PATHS)].map(([, path]) => path),
      ...[...text.matchAll(LINKS)].map(([, path]) => join(dirname(document), path)),
    ];
    const missing = named.filter((path) => !WRITTEN_BY_THE_READER.test(path) && !existsSync(path));
    assert.equal(missing, []);
  });
}

/** What the answers of README's "Where is" must have in them: the thing itself, not a word about it. */
const ANSWERS: [question: RegExp, content: RegExp][] = [
  [/limb mask/, /exp\(-D_l\(p\)[\s\S]*fn limb_?distance\(/i],
  [/Adam/, /p\[i\] = .*sqrt\(v1\)/],
  [/augmented/, /function sampleChange\(/],
  [/choice between two kernels/, /function pickConvPlan\(/],
  [/checkpoint/, /function encodeCheckpoint\(/],
];

test("the README answers five questions by five paths", () => {
  const rows = [...readFileSync("README.md", "utf8").matchAll(/^\| where (?:is|are) (.+?)\?? \| `([^`]+)` \|$/gm)];
  assert.is(rows.length, ANSWERS.length);
  for (const [question, content] of ANSWERS) {
    const [, , path] = rows.find(([, asked]) => question.test(asked)) ?? [];
    assert.ok(path, `no row about ${question}`);
    assert.match(readFileSync(path, "utf8"), content);
  }
});

test("one step leads through fewer than 20 files, in order", () => {
  const files = [...readFileSync("docs/one-step.md", "utf8").matchAll(PATHS)].map(([, path]) => path);
  const steps = [...readFileSync("docs/one-step.md", "utf8").matchAll(/^\d+\. /gm)];
  assert.ok(new Set(files).size < 20, `${new Set(files).size} files`);
  assert.ok(steps.length <= 20 && steps.length >= 10, `${steps.length} lines`);
});

test.run();
