import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeImage } from "../../../train/data/decode-image";
import { prepare } from "../../../train/prepare/prepare";
import { runChild } from "../../helpers/child";
import {
  cleanUp,
  coco,
  flat,
  hand,
  jpg,
  made,
  options,
  photo,
  png,
  refusal,
  refused,
  source,
  temporary,
} from "../../helpers/prepare";

const test = suite("prepare: files");
test.after(cleanUp);

test("images of every kind are taken, what is no image is told", async () => {
  const kinds: Record<string, () => Promise<Uint8Array> | string> = {
    grey: () => photo().greyscale().jpeg().toBuffer(),
    cmyk: () => photo().toColourspace("cmyk").jpeg().toBuffer(),
    deep: () => photo().toColourspace("rgb16").png().toBuffer(),
    alpha: () => photo().ensureAlpha(0.5).png().toBuffer(),
    palette: () => photo().png({ palette: true }).toBuffer(),
    webp: () => photo().webp().toBuffer(),
    empty: () => "",
    torn: async () => (await jpg()).subarray(0, 300),
    pixel: () => photo(1, 1).png().toBuffer(),
    huge: () => hugePng(20000, 20000),
  };
  const names = Object.keys(kinds);
  const images = [...names, "folder"].map((name, i) => ({ id: i + 1, file_name: `${name}.jpg` }));
  const files = Object.fromEntries(Object.entries(kinds).map(([name, make]) => [`${name}.jpg`, make]));
  const from = await source({
    "a.json": coco(
      images.map(() => ({ keypoints: flat(hand(0)) })),
      images,
    ),
    ...files,
  });
  mkdirSync(join(from, "folder.jpg"));
  const before = process.memoryUsage.rss();
  const { images: crops, prepared, target } = await made("coco", from);
  assert.ok(process.memoryUsage.rss() - before < 300e6, "memory is bounded");
  assert.equal(
    crops,
    ["alpha", "cmyk", "deep", "grey", "palette", "webp"].map((name) => `${name}.jpg`),
  );
  for (const crop of crops) {
    const { data } = await decodeImage(join(target, "imgs", crop));
    const centre = [...data.subarray((32 * 64 + 32) * 3, (32 * 64 + 32) * 3 + 3)];
    const want = crop === "grey.jpg" ? [82, 82, 82] : [40, 90, 140];
    for (const c of [0, 1, 2]) assert.ok(Math.abs(centre[c] - want[c]) < 32, `${crop}: ${centre}`);
  }
  const why = Object.fromEntries(prepared.skipped.map((s) => [s.what, s.why]));
  assert.is(why["empty.jpg"], "the file is empty");
  assert.match(why["torn.jpg"], /^cannot be decoded: /);
  assert.is(why["pixel.jpg"], "its joints lie outside the photograph");
  assert.is(why["huge.jpg"], "20000 x 20000 pixels are too many; expected at most 100 million");
  assert.is(why["folder.jpg"], "cannot read it: it is a folder");
});

/** A PNG file's beginning: its size is all that is read of it. */
async function hugePng(width: number, height: number): Promise<Uint8Array> {
  const file = await png();
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  return file;
}

test("the target must be new; a full disk leaves nothing behind", async () => {
  const from = await source({ "a.json": coco([{ keypoints: flat(hand(0)) }]), "0.jpg": jpg });
  mkdirSync(`${from}-out`);
  await prepare(options("coco", from, `${from}-out`)); // an empty folder will do
  assert.match(await refused("coco", from), /-out: is not empty; choose a new folder/);
  writeFileSync(`${from}-file`, "");
  assert.match(
    await refusal(() => prepare(options("coco", from, `${from}-file`))),
    /-file: cannot write it: a part of its path is not a folder|exists already/,
  );
  const full = `${from}-full`;
  const { ended } = await runChild(
    `import { prepare } from "./train/prepare/prepare";
     await prepare(${JSON.stringify({ ...options("coco", from, full), size: 368 })}).catch((e) => console.log(e.name, e.message));`,
    "ulimit -f 1; exec $RUN",
  );
  const { output } = await ended;
  assert.ok(output.startsWith(`UserError ${full}/imgs/0.jpg: cannot write it: the file would grow larger`), output);
  assert.not(existsSync(full));
  assert.not(
    readdirSync(temporary).some((name) => name.startsWith(".")),
    "nothing half-written remains",
  );
});

test("a stopped run leaves nothing behind", async () => {
  const from = await source({ "a.json": coco([{ keypoints: flat(hand(0)) }]), "0.jpg": jpg });
  const stop = new AbortController();
  stop.abort();
  const stopped = await prepare({ ...options("coco", from, `${from}-out`), stop: stop.signal }).catch((e) => e);
  assert.is(stopped, stop.signal.reason);
  assert.not(existsSync(`${from}-out`));
  assert.not(readdirSync(temporary).some((name) => name.startsWith(".")));
});

test.run();
