import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";

/** Memory of the browser's processes, the tab's and the GPU's among them, as the system counts it (resident, in MiB). */
export interface BrowserMemory {
  /** What they hold now, garbage of the tab's collected. */
  now(): Promise<number>;
  /** Begins to look for a peak. */
  restart(): void;
  /** The sum of what each has held at most since `restart`. */
  peak(): number;
}

/** Null, said aloud, on a system that does not tell (all but Linux). */
export async function browserMemory(page: Page): Promise<BrowserMemory | null> {
  if (!existsSync("/proc/self/clear_refs")) {
    console.log("    skipped: memory is not watched, for lack of /proc");
    return null;
  }
  const browser = await page.context().browser()!.newBrowserCDPSession();
  const tab = await page.context().newCDPSession(page);
  const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
  const folders = processInfo.map(({ id }) => `/proc/${id}`);
  const sum = (field: string) =>
    folders.reduce((total, folder) => {
      const status = existsSync(folder) ? readFileSync(`${folder}/status`, "utf8") : "";
      return total + Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
    }, 0);
  return {
    async now() {
      await tab.send("HeapProfiler.collectGarbage");
      return sum("VmRSS");
    },
    restart() {
      for (const folder of folders) if (existsSync(folder)) writeFileSync(`${folder}/clear_refs`, "5");
    },
    peak: () => sum("VmHWM"),
  };
}
