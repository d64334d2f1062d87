import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { browserMemory } from "./browser-memory";
import { generator } from "./damage";
import { type HostileFile, hostileFiles, type Kind } from "./hostile";

/** Where the page takes each kind of file. */
const PLACES: Readonly<Record<Kind, { room: string; zone: string }>> = {
  weights: { room: "predict", zone: "Pick a file" },
  image: { room: "predict", zone: "Pick a photo" },
  checkpoint: { room: "train", zone: "Go on from a checkpoint" },
};

/** No file that is refused may take longer, in milliseconds. */
const LONGEST = 5000;
/** Nor one that is taken: it may bring another network, whose kernels are compiled. */
const LONGEST_TAKEN = 4 * LONGEST;
/** What the tab, or the browser for it, may hold beyond what it held before: this in MiB, and so many times the file's size. */
const ROOM = 256;
const TIMES = 100;

/** Garbage is collected after so many files. */
const COLLECT = 25;

/** What became of a file. */
export interface Outcome {
  ms: number;
  /** What the page says of it; empty for one that it took. */
  refused: string;
}

type Drop = (what: { zone: string; name: string; content: string }) => Promise<Outcome>;

/** Is run in the page: drops a file, whose content is in base64, and waits until its room is no longer busy. */
const DROP = `(async ({ zone, name, content }) => {
  const place = [...document.querySelectorAll(".drop")].find((one) => one.textContent.includes(zone));
  const room = place.closest(".room");
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name));
  const begun = performance.now();
  await new Promise((done) => {
    const observer = new MutationObserver(() => {
      if (room.ariaBusy !== "false") return;
      observer.disconnect();
      done();
    });
    observer.observe(room, { attributes: true, attributeFilter: ["aria-busy"] });
    place.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
  });
  const message = room.querySelector(".message");
  return { ms: performance.now() - begun, refused: message.matches(".wrong") ? message.textContent : "" };
})`;

/** Drops a file where a person would, and waits until the page has dealt with it: read, refused, looked at by the network. */
export async function give(page: Page, kind: Kind, { name, bytes }: HostileFile): Promise<Outcome> {
  const { zone } = PLACES[kind];
  const drop = await page.evaluateHandle<Drop>(DROP);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error(`${name}: the page hangs`)), LONGEST_TAKEN);
  });
  try {
    const content = Buffer.from(bytes).toString("base64");
    return await Promise.race([drop.evaluate((give, what) => give(what), { zone, name, content }), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Drops `count` hostile files of each kind where the page takes them. Each must be taken, or refused in one line that names
 * it, soon and in little memory. Says how it went.
 */
export async function attack(page: Page, kinds: readonly Kind[], count: number, seed: number) {
  const { makers, whole } = await hostileFiles();
  const memory = await browserMemory(page);
  for (const kind of kinds) {
    const { room } = PLACES[kind];
    await page.evaluate(`location.hash = "#/${room}"`);
    await page.locator(`.${room}`).waitFor();
    // Kernels are compiled for a file without a fault, whatever time that takes.
    assert.is((await give(page, kind, whole[kind])).refused, "");
    const random = generator(seed);
    const spent: number[] = [];
    const before = memory ? await memory.now() : 0;
    let [refused, most] = [0, 0];
    for (let n = 0; n < count; n++) {
      const file = makers[kind](random);
      const what = `${kind} ${n} of seed ${seed}, ${file.bytes.length} bytes`;
      // The garbage of the files before is not this one's; a tab collects it when it pleases.
      if (n % COLLECT === 0) await memory?.now();
      memory?.restart();
      const outcome = await give(page, kind, file);
      if (outcome.refused) {
        assert.ok(outcome.ms < LONGEST, `${what}: refused after ${outcome.ms} ms`);
        refused++;
        assert.ok(outcome.refused.startsWith(`${file.name}: `), `${what}: ${outcome.refused}`);
        assert.ok(outcome.refused.length < 600, `${what}: ${outcome.refused.length} letters are said of it`);
      }
      spent.push(outcome.ms);
      if (!memory) continue;
      const grown = memory.peak() - before;
      const allowed = ROOM + (TIMES * file.bytes.length) / 2 ** 20;
      assert.ok(grown < allowed, `${what}: memory grew by ${grown} MiB, at most ${allowed} are allowed`);
      most = Math.max(most, grown);
    }
    assert.ok(refused > count / 10 && refused < count, `${kind}: ${refused} of ${count} were refused`);
    const left = memory ? (await memory.now()) - before : 0;
    spent.sort((a, b) => a - b);
    const ms = [spent[count >> 1], spent[count - 1]].map((value) => value.toFixed(0)).join(" ms, at most ");
    const grown = memory ? `; memory grew by ${most.toFixed(0)} MiB at most, ${left.toFixed(0)} in the end` : "";
    console.log(`    ${kind}: ${refused} of ${count} refused; a file takes ${ms} ms${grown}`);
  }
}
