import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DispatchSpec } from "../../engine/core/dispatcher";
import { kernels } from "../../kernels/index";
import { workloadOf } from "../../web/kernels/workloads";
import { type OpenPage, openPage } from "../helpers/browser";
import { testGpu } from "../helpers/gpu";

const test = suite("web: Kernels");
let open: OpenPage | null;

test.before(async () => {
  open = await openPage("kernels/relu");
});
test.after(() => open?.close());

test("every kernel has work that shows it", async () => {
  const gpu = await testGpu();
  const missing: string[] = [];
  const possible = Object.keys(kernels).filter((name) => gpu.adapter.f16 || name !== "cast");
  for (const name of possible) {
    const seen = new Set<string>();
    const closing: (() => void)[] = [];
    // Only what would be dispatched is of interest: nothing is compiled.
    Object.defineProperty(gpu, "dispatch", { configurable: true, value: (d: DispatchSpec) => seen.add(d.kernel.name) });
    try {
      gpu.scope(() => workloadOf(name).open(gpu, (close) => closing.push(close))());
    } finally {
      Reflect.deleteProperty(gpu, "dispatch");
      for (const close of closing) close();
    }
    if (!seen.has(name)) missing.push(name);
  }
  assert.equal(missing, [], "kernels that no workload of web/kernels/workloads.ts dispatches");
});

test("a kernel's source as written and as it runs, and its variants measured", async () => {
  if (!open) return;
  const { page } = open;
  const source = page.locator("pre.wgsl");
  await page.getByRole("heading", { name: "relu" }).waitFor();
  assert.match(await source.innerText(), /#if MODE == 1/);
  assert.match(await page.locator("pre.header").innerText(), /^ReLU and its gradient\./);

  await page.getByRole("button", { name: "Measure here and now" }).click();
  await page.getByText(/medians of 5 rounds/).waitFor();
  const rows = page.getByRole("table").getByRole("row");
  assert.is(await rows.count(), 2);
  assert.match(await rows.first().innerText(), /MODE=0[\s\S]*\d ms/);

  await page.getByText("As it runs").click();
  await page.getByLabel("Variant", { exact: true }).selectOption("MODE=1");
  const runs = await source.innerText();
  assert.not.match(runs, /#if/);
  assert.match(runs, /z: array<vec4f>/);
  assert.match(runs, /fn flatIndex/, "what it includes is there");
  await open.keepPictures("kernels");
});

test("every kernel's page opens", async () => {
  if (!open) return;
  const { page } = open;
  for (const name of Object.keys(kernels)) {
    await page.evaluate(`location.hash = "#/kernels/${name}"`);
    await page.getByRole("heading", { name: `${name}.wgsl`, exact: true }).waitFor();
    const header = await page.locator("pre.header").innerText();
    assert.ok(header.length > 40, `${name}: a header`);
  }
});

test.run();
