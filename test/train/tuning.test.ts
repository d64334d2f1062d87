import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ramp } from "../../engine/nd";
import { convGeometry } from "../../engine/ops/conv/geometry";
import { pickConvPlan } from "../../engine/ops/conv/plan";
import { convTable, planConv, shapeKey, useConvTable } from "../../engine/ops/conv/tuning";
import { conv2d } from "../../engine/ops/conv2d";
import { computedOn, describeTuning, loadTuning, saveTuning, tuningPath, useTuning } from "../../train/files/tuning";
import { testGpu } from "../helpers/gpu";
import { relativeError } from "../helpers/ops";

const test = suite("tuning");
const shapes = [
  [2, 5, 9, 7],
  [6, 5, 3, 3],
];
const g = convGeometry(shapes, { padding: 1 });
const key = shapeKey(g, "f32");
const direct = { family: "direct" } as const;

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "nsrm-tune-"));
});
test.after.each(async () => {
  useConvTable(await testGpu(), null);
  rmSync(folder, { recursive: true });
});

test("a table decides the passes that it knows, the heuristic the others", async () => {
  const gpu = await testGpu();
  const picked = pickConvPlan(g, gpu.adapter);
  assert.equal(planConv(gpu, g, "f32"), picked);
  const none = new Map<string, typeof direct>();
  useConvTable(gpu, { id: "x", forward: new Map([[key, direct]]), dx: none, dw: none });
  assert.equal(planConv(gpu, g, "f32"), { ...picked, forward: direct });
  assert.equal(planConv(gpu, { ...g, n: 3 }, "f32"), pickConvPlan({ ...g, n: 3 }, gpu.adapter));
  assert.equal(planConv(gpu, g, "f32", "tiled").forward.family, "tiled", "what a test asks for comes first");
});

test("the key tells every size apart", () => {
  const keys = Object.keys(g).map((field) => shapeKey({ ...g, [field]: 99 }, "f32"));
  // A result's size follows from the others, and where x and y lie in memory changes no plan.
  const silent = ["oh", "ow", "x", "y"];
  assert.is(new Set([key, shapeKey(g, "f16"), ...keys]).size, Object.keys(g).length + 2 - silent.length);
});

test("choices are kept, merged, taken by convolutions, and change results by rounding alone", async () => {
  const gpu = await testGpu();
  assert.is(useTuning(gpu, folder), null);
  assert.is(convTable(gpu), null);
  assert.is(computedOn(gpu), gpu.adapter.name);
  assert.match(describeTuning(gpu), /the heuristic/);
  const results = () =>
    gpu.scopeAsync(async () => {
      const [x, w] = shapes.map((s, i) => gpu.tensor(ramp(s, -1, 1, i).data, s));
      return conv2d(x, w, null, { padding: 1 }).data();
    });
  const before = await results();

  await saveTuning(gpu, { forward: { [key]: direct }, dx: {}, dw: {} }, folder);
  const path = await saveTuning(gpu, { forward: {}, dx: {}, dw: { other: direct } }, folder);
  assert.is(path, tuningPath(gpu, folder));
  assert.is(useTuning(gpu, folder), null);
  assert.equal([...convTable(gpu)!.forward], [[key, direct]]);
  assert.equal([...convTable(gpu)!.dw], [["other", direct]]);
  assert.match(describeTuning(gpu), new RegExp(`table ${convTable(gpu)!.id} \\(direct 2\\)`));
  const tuned = await results();
  assert.ok(relativeError(tuned, before) < 2e-5);
  const first = computedOn(gpu);
  assert.match(first, /tuning table [0-9a-f]{8}$/);

  await saveTuning(gpu, { forward: { [key]: { family: "tiled", tile: 64 } }, dx: {}, dw: {} }, folder);
  useTuning(gpu, folder);
  assert.is.not(computedOn(gpu), first, "another table has another id");
});

test("a table that is torn, wrong, of another adapter or of other kernels is ignored with a note", async () => {
  const gpu = await testGpu();
  const path = await saveTuning(gpu, { forward: { [key]: direct }, dx: {}, dw: {} }, folder);
  const whole = readFileSync(path, "utf8");
  const spoilt: [text: string, why: RegExp][] = [
    [whole.slice(0, whole.length / 2), /not a tuning table/],
    [whole.replace('"direct"', '"magic"'), /not a tuning table/],
    [whole.replace(/"adapter": "/, "$&x"), /another adapter/],
    [whole.replace(/"kernels": "/, "$&x"), /other kernels/],
  ];
  for (const [text, why] of spoilt) {
    assert.is.not(text, whole);
    writeFileSync(path, text);
    assert.match(useTuning(gpu, folder)!, why);
    assert.is(convTable(gpu), null);
  }
  await saveTuning(gpu, { forward: {}, dx: { [key]: direct }, dw: {} }, folder);
  assert.equal(Object.keys(loadTuning(gpu, folder).file!.forward), [], "nothing of a stale file is kept");
  assert.ok(existsSync(path));
});

test.run();
