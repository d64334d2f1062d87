import type { Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HAND } from "../../masks/hand";
import type { LimbOptions } from "../../masks/options";
import { renderTargets } from "../../masks/render";
import { groupsOf } from "../../masks/skeleton";
import { decodeSafetensors } from "../../model/files/safetensors-format";
import { type OpenPage, openPage } from "../helpers/browser";
import { testGpu } from "../helpers/gpu";

const test = suite("web: Masks");
let open: OpenPage | null;

test.before(async () => {
  open = await openPage("masks");
});
test.after(() => open?.close());

/** All that was asked for is on the screen. */
const drawn = (page: Page) => page.locator(".masks[aria-busy=false]").waitFor();
const joint = (page: Page, name: string) => page.getByRole("slider", { name, exact: true });

/** The maps of a hand as Node draws them. */
async function fromNode(labels: Float64Array, grouping: "G1_6" | "EACH" | null, options: Partial<LimbOptions>) {
  const gpu = await testGpu();
  return gpu.scopeAsync(async () => {
    const channels = grouping ? groupsOf(HAND, grouping).length : HAND.joints.length;
    const maps = gpu.empty([1, channels, 46, 46]);
    const all: LimbOptions = { kind: "LPM", grouping: grouping ?? "G1", ...options };
    renderTargets(gpu, HAND, labels, grouping ? { limb: maps } : { heat: maps }, all);
    return maps.data();
  });
}

async function savedMaps({ page, saved }: OpenPage) {
  return decodeSafetensors(await saved(() => page.getByRole("button", { name: "Save these maps" }).click()), "masks");
}

function assertEqualMaps(got: Float32Array, want: Float32Array, what: string): void {
  assert.is(got.length, want.length, what);
  const worst = got.reduce((most, v, i) => Math.max(most, Math.abs(v - want[i])), 0);
  assert.ok(worst <= 1e-5, `${what}: ${worst}`);
  assert.ok(
    got.some((v) => v > 0.5),
    `${what}: nothing is drawn`,
  );
}

test("joints move by keys and by pointer, and the maps are Node's", async () => {
  if (!open) return;
  const { page } = open;
  await drawn(page);
  const before = (await savedMaps(open)).f64("labels");

  await joint(page, "index tip").focus();
  for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft", "Shift+ArrowDown"]) await page.keyboard.press(key);
  const wrist = (await joint(page, "wrist").boundingBox())!;
  await page.mouse.move(wrist.x + wrist.width / 2, wrist.y + wrist.height / 2);
  await page.mouse.down();
  await page.mouse.move(wrist.x - 40, wrist.y - 25, { steps: 4 });
  await page.mouse.up();
  await drawn(page);

  const file = await savedMaps(open);
  const labels = file.f64("labels");
  const tip = 2 * HAND.landmark;
  assert.ok(Math.abs(labels[tip] - (before[tip] - 1.5)) < 1e-9, "three times half a cell to the left");
  assert.ok(Math.abs(labels[tip + 1] - (before[tip + 1] + 3)) < 1e-9, "a leap down");
  assert.ok(labels[0] < before[0] - 3 && labels[1] < before[1] - 1, `the wrist was dragged: ${labels.slice(0, 2)}`);
  assertEqualMaps(file.f32("groups"), await fromNode(labels, "G1_6", {}), "LPM, G1&6");
  assertEqualMaps(file.f32("limbs"), await fromNode(labels, "EACH", {}), "LPM, every limb");
});

test("every setting is the kernel's", async () => {
  if (!open) return;
  const { page } = open;
  await page.getByLabel("Sigma").fill("1.7");
  await page.getByText("Round", { exact: true }).click();
  await drawn(page);
  let file = await savedMaps(open);
  const labels = file.f64("labels");
  const round = { sigma: 1.7, lpmEndCap: "round" } as const;
  assertEqualMaps(file.f32("limbs"), await fromNode(labels, "EACH", round), "round caps");

  await page.getByText("LDM", { exact: true }).click();
  await page.getByLabel("Width").fill("3.4");
  await drawn(page);
  file = await savedMaps(open);
  const wide = { kind: "LDM", ldmHalfWidth: 1.7 } as const;
  assertEqualMaps(file.f32("groups"), await fromNode(labels, "G1_6", wide), "LDM");

  await page.getByText("Gaussian", { exact: true }).click();
  await drawn(page);
  file = await savedMaps(open);
  assert.not(file.has("limbs"));
  assertEqualMaps(file.f32("joints"), await fromNode(labels, null, { sigma: 1.7 }), "confidence maps");
});

test("pictures are kept", async () => {
  if (!open) return;
  const { page } = open;
  await page.getByText("LPM", { exact: true }).click();
  await page.getByLabel("Sigma").fill("1");
  await page.getByRole("button", { name: "Another hand" }).click();
  await drawn(page);
  await open.keepPictures("masks");
});

test.run();
