import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ramp } from "../../../engine/core/nd";
import { asOneRow, convGeometry } from "../../../engine/ops/conv/common/index";
import type { ConvPass, DwPass } from "../../../engine/ops/conv/families/index";
import { choicesFor, pickConvPlan } from "../../../engine/ops/conv/plan";
import { convTable, geometryOf, planConv, shapeKey, useConvTable } from "../../../engine/ops/conv/tuning";
import { conv2d } from "../../../engine/ops/conv2d";
import { kernelText } from "../../../kernels/index";
import { computedOn } from "../../../train/files/computed-on";
import {
  describeTuning,
  kernelHash,
  loadTuning,
  saveTuning,
  tuningPath,
  useTuning,
} from "../../../train/files/tuning-file";
import { testGpu } from "../../helpers/gpu";
import { relativeError } from "../../helpers/ops";

const test = suite("tuning");
const shapes = [
  [2, 5, 9, 7],
  [6, 5, 3, 3],
];
const g = convGeometry(shapes, { padding: 1 });
const key = shapeKey(g, "f32");
const direct = { family: "direct" } as const;

/** Kernels that are wider, and a stride. */
const elsewhere = [key.replace("3x3", "9x9"), key.replace("s1,1", "s2,2")];

/** Of what tuning chooses from: two that it does not try for the shapes elsewhere, and one for the gradient by the weights. */
async function others() {
  const { adapter } = await testGpu();
  const tried = elsewhere.flatMap((other) => choicesFor("forward", geometryOf(other)!, adapter));
  const own = (choicesFor("forward", g, adapter) as ConvPass[]).filter(
    (choice) => !tried.some((other) => isDeepStrictEqual(other, choice)),
  );
  const [second, last] = own.slice(-2);
  return { second, last, dw: choicesFor("dw", g, adapter).at(-1) as DwPass };
}

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

  const { second, last, dw } = await others();
  await saveTuning(gpu, { forward: { [key]: last }, dx: {}, dw: {} }, folder);
  const path = await saveTuning(gpu, { forward: {}, dx: {}, dw: { [key]: dw } }, folder);
  assert.is(path, tuningPath(gpu, folder));
  assert.is(useTuning(gpu, folder), null);
  assert.equal([...convTable(gpu)!.forward], [[key, last]]);
  assert.equal([...convTable(gpu)!.dw], [[key, dw]]);
  assert.match(describeTuning(gpu), new RegExp(`table ${convTable(gpu)!.id} \\(${last.family} 1, ${dw.family} 1\\)`));
  const tuned = await results();
  assert.ok(relativeError(tuned, before) < 2e-5);
  const first = computedOn(gpu);
  assert.match(first, /tuning table [0-9a-f]{8}$/);

  await saveTuning(gpu, { forward: { [key]: second }, dx: {}, dw: {} }, folder);
  useTuning(gpu, folder);
  assert.is.not(computedOn(gpu), first, "another table has another id");
});

test("a table that is torn, damaged, older, of another adapter or of other kernels is ignored with one line", async () => {
  const gpu = await testGpu();
  const { last } = await others();
  const path = await saveTuning(gpu, { forward: { [key]: last }, dx: {}, dw: {} }, folder);
  const whole = readFileSync(path, "utf8");
  const spoilt: [text: string, why: RegExp][] = [
    [whole.slice(0, whole.length / 2), /not a tuning table/],
    ["[]", /not a tuning table/],
    [whole.replace('"dx": {}', '"dx": []'), /not a tuning table/],
    [whole.replace(`"${last.family}"`, '"magic"'), /damaged/],
    // One digit of a number that the kernels take as it is.
    [whole.replace(/: (\d+)(,?\n)/, (_, digits: string, rest: string) => `: ${digits}1${rest}`), /damaged/],
    [whole.replace(/"adapter": "/, "$&x"), /damaged/],
    [whole.replace(/ "checksum": "\w+",\n/, ""), /made by an earlier version/],
    [signed(whole, (table) => (table.adapter = "another")), /another adapter/],
    [signed(whole, (table) => (table.kernels = "other")), /other kernels/],
  ];
  for (const [text, why] of spoilt) {
    assert.is.not(text, whole);
    writeFileSync(path, text);
    const note = useTuning(gpu, folder)!;
    assert.match(note, why);
    assert.match(note, /^\S+\.json: [^\n]+; the heuristic's kernels run instead, run nsrm tune again for a new table$/);
    assert.is(convTable(gpu), null);
  }
  await saveTuning(gpu, { forward: {}, dx: { [key]: last }, dw: {} }, folder);
  assert.equal(Object.keys(loadTuning(gpu, folder).file!.forward), [], "nothing of a stale file is kept");
  assert.ok(existsSync(path));
});

/** A table's text after a change, with the checksum that belongs to it. */
function signed(text: string, change: (table: Record<string, unknown>) => void): string {
  const { checksum: _, ...table } = JSON.parse(text);
  change(table);
  return JSON.stringify({ checksum: createHash("sha256").update(JSON.stringify(table)).digest("hex"), ...table });
}

test("a choice that tuning would not have made is not taken, though the checksum be right", async () => {
  const gpu = await testGpu();
  const { last, dw } = await others();
  const path = await saveTuning(gpu, { forward: { [key]: last }, dx: {}, dw: { [key]: dw } }, folder);
  const whole = readFileSync(path, "utf8");
  const impossible: Record<string, unknown> = {
    [key]: { ...last, ...("workgroup" in last ? { workgroup: 26 } : { tile: last.family === "tiled" ? 128 : 64 }) },
    "no key": last,
    // Not tried for these shapes.
    ...Object.fromEntries(elsewhere.map((other) => [other, last])),
  };
  for (const [shape, choice] of Object.entries(impossible)) {
    writeFileSync(
      path,
      signed(whole, (table) => (table.forward = { [shape]: choice })),
    );
    const note = useTuning(gpu, folder)!;
    assert.match(note, /no choice of nsrm tune's for forward of/, shape);
    assert.is(convTable(gpu), null);
  }
  writeFileSync(
    path,
    signed(whole, () => undefined),
  );
  assert.is(useTuning(gpu, folder), null, "the table itself, written another way");
});

test("every key gives its convolution back", () => {
  const pointwise = asOneRow(
    convGeometry(
      [
        [4, 8, 6, 5],
        [16, 8, 1, 1],
      ],
      {},
    ),
  );
  for (const each of [g, pointwise, convGeometry(shapes, { stride: [2, 1], padding: [0, 2], dilation: 2 })]) {
    for (const dtype of ["f32", "f16"] as const) {
      assert.is(shapeKey(geometryOf(shapeKey(each, dtype))!, dtype), shapeKey(each, dtype));
    }
  }
  for (const none of ["", "other", `${key} f64`, key.replace("3x3", "0x0"), `${key}\n`])
    assert.is(geometryOf(none), null);
});

test("a table is of the kernels' whole text, and of what they include", () => {
  const now = kernelHash();
  const included: string[] = [];
  kernelHash((file) => {
    included.push(file);
    return kernelText(file);
  });
  for (const file of new Set(included)) {
    const changed = (name: string) => (name === file ? `${kernelText(name)} ` : kernelText(name));
    assert.is.not(kernelHash(changed), now, file);
  }
  assert.ok(included.includes("real.wgsl") && included.includes("margin.wgsl"));
});

test.run();
