import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { StepLine } from "../../train/step/step-line";
import { openPage } from "../helpers/browser";

const test = suite("web: the quickstart");

test("a minute of training in the tab lowers the loss", async () => {
  const open = await openPage("train");
  if (!open) return;
  const { page, saved } = open;
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.waitForTimeout(60_000);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText(/^paused at step/).waitFor({ timeout: 60_000 });
  const log = String(await saved(() => page.getByRole("button", { name: "Save the log" }).click()));
  const losses = log
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as StepLine).loss);
  console.log(`    ${losses.length} steps, loss ${losses[0]} to ${losses[losses.length - 1]}`);
  // Adam's first steps are large: now and then one leaps.
  const lately = losses.slice(-5).sort((x, y) => x - y);
  assert.ok(lately[lately.length >> 1] < 0.8 * losses[0], `${losses}`);
  await open.keepPictures("quickstart");
  await open.close();
});

test.run();
