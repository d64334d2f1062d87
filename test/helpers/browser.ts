import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import * as assert from "uvu/assert";

/** The page as a person has it before them. */
export interface OpenPage {
  page: Page;
  /** What the page wrote to its console as errors or warnings, or threw. */
  complaints: string[];
  /** Does something that ends in a download, and reads the file. */
  saved(action: () => Promise<unknown>): Promise<Buffer>;
  /** Keeps pictures of the room at desk and phone width, light and dark, in dist/screenshots. */
  keepPictures(name: string): Promise<void>;
  close(): Promise<void>;
}

/** What the page needs of a browser on a machine without a GPU. */
const FLAGS = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--no-sandbox",
  // A webcam that shows a test picture, and is allowed.
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

const PLACES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map((n) => `/usr/bin/${n}`);

/** Bundlers leave an import alone whose address they cannot know: these modules are the page's own scripts. */
const load = <T>(address: string): Promise<T> => import(address);

/** One of the page's scripts, by its path in the repository. */
export const pageScript = <T>(path: string): Promise<T> => load(pathToFileURL(resolve(path)).href);

/** A browser of the machine's own, else the one that comes with the packages (Linux x64). */
async function findChromium(): Promise<string | null> {
  const installed = [process.env.CHROME_PATH, ...PLACES].find((path) => path !== undefined && existsSync(path));
  if (installed) return installed;
  try {
    const { default: packaged } = await load<{ default: { executablePath(): Promise<string> } }>("@sparticuz/chromium");
    return await packaged.executablePath();
  } catch {
    return null;
  }
}

const built = new Map<string, Promise<string>>();

/** Builds the page once a process for each checkpoint beside it, into a folder of a folder: it must work under any path. */
function builtPage(checkpoint: string): Promise<string> {
  const page = built.get(checkpoint) ?? buildInto(mkdtempSync(join(tmpdir(), "nsrm-page-")), checkpoint);
  built.set(checkpoint, page);
  return page;
}

async function buildInto(home: string, checkpoint: string): Promise<string> {
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  const script = await pageScript<{ buildPage(out: string, checkpoint: string): Promise<unknown> }>("web/build.mjs");
  await script.buildPage(join(home, "some", "where"), checkpoint);
  return home;
}

/** Starts Chromium; null, said aloud, where there is none that runs here. */
async function launch(): Promise<Browser | null> {
  const executablePath = await findChromium();
  const { chromium } = await load<typeof import("playwright-core")>("playwright-core");
  try {
    if (executablePath) return await chromium.launch({ executablePath, args: FLAGS });
    console.log("    skipped: no Chromium is here (set CHROME_PATH to one with WebGPU)");
  } catch (error) {
    // One that is the machine's own, or was asked for, has to work; the packages' lacks libraries on a bare system.
    if (!executablePath?.startsWith(tmpdir())) throw error;
    console.log(`    skipped: ${executablePath} does not start here (install Chromium, or set CHROME_PATH)`);
  }
  return null;
}

/**
 * Opens a room of the page in Chromium; null, said aloud, where there is none.
 * @param before a script to be run first; @param checkpoint a trained network to lie beside the page, by default none
 */
export async function openPage(
  route: string,
  { before, checkpoint = "" }: { before?: string; checkpoint?: string } = {},
): Promise<OpenPage | null> {
  const browser = await launch();
  if (!browser) return null;
  const { serve } = await pageScript<{ serve(o: { folder: string }): Promise<Server> }>("web/serve.mjs");
  const server = await serve({ folder: await builtPage(checkpoint) });
  const { port } = server.address() as AddressInfo;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  if (before) await context.addInitScript(before);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") complaints.push(m.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== "localhost" && protocol !== "blob:" && protocol !== "data:") complaints.push(request.url());
  });
  await page.goto(`http://localhost:${port}/some/where/#/${route}`);
  return {
    page,
    complaints,
    async saved(action) {
      const [download] = await Promise.all([page.waitForEvent("download"), action()]);
      return readFileSync(await download.path());
    },
    async keepPictures(name) {
      mkdirSync("dist/screenshots", { recursive: true });
      for (const [width, height] of [
        [1280, 900],
        [390, 844],
      ]) {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.setViewportSize({ width, height });
          await page.emulateMedia({ colorScheme });
          await page.screenshot({ path: `dist/screenshots/${name}-${width}-${colorScheme}.png`, fullPage: true });
        }
        const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
        assert.ok(wide <= width, `${name}: ${wide} pixels wide on a screen of ${width}`);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    },
    async close() {
      await browser.close();
      server.close();
      assert.equal(complaints, [], `the browser's console: ${complaints.join("; ")}`);
    },
  };
}
