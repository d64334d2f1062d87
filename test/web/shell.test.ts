import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openPage } from "../helpers/browser";

const test = suite("web: between the rooms");

test("without WebGPU the page says so, and what to do", async () => {
  const open = await openPage("train", { before: "delete Navigator.prototype.gpu" });
  if (!open) return;
  await open.page.getByRole("heading", { name: "No WebGPU here" }).waitFor();
  assert.match(await open.page.getByRole("main").innerText(), /this browser has no WebGPU/);
  await open.keepPictures("no-webgpu");
  await open.close();
});

/** The page's device is kept to be destroyed, as it goes when its driver crashes. */
const KEEP_DEVICE = `
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...wishes) {
    return (globalThis.device = await requestDevice.apply(this, wishes));
  };`;

test("rooms by address and by keyboard; the look is remembered; a GPU that is lost is said to be", async () => {
  const open = await openPage("nowhere", { before: KEEP_DEVICE });
  if (!open) return;
  const { page } = open;
  const heading = (name: string) => page.getByRole("heading", { name, exact: true, level: 1 }).waitFor();
  await heading("Masks");
  await page.getByRole("link", { name: "Predict" }).focus();
  await page.keyboard.press("Enter");
  await heading("Predict");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await heading("Train");
  await page.goBack();
  await heading("Predict");
  await page.getByRole("link", { name: "Skip to the room" }).focus();
  await page.keyboard.press("Enter");
  assert.is(await page.evaluate("document.activeElement.id"), "room");
  await heading("Predict");
  assert.is(await page.getByRole("link", { name: "Predict" }).getAttribute("aria-current"), "page");

  const paper = () => page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  const light = await paper();
  await page.getByText("Dark", { exact: true }).click();
  const dark = await paper();
  assert.is.not(dark, light);
  await page.reload();
  await heading("Predict");
  assert.is(await paper(), dark);

  assert.is(await page.getByRole("alert").count(), 0);
  await page.evaluate("device.destroy()");
  await page
    .getByRole("alert")
    .getByText(/^The GPU was lost/)
    .waitFor();
  await page.getByRole("button", { name: "Load the page again" }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });
  await heading("Predict");
  await open.close();
});

test.run();
