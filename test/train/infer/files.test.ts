import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { listImages, resultNames } from "../../../train/infer/list-images";
import { aroundBox, checkBox, cropRegion, parseBox, wholeImage } from "../../../train/infer/region";
import { findFiles } from "../../../train/prepare/contract/node";

const test = suite("infer: files and regions");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-files-"));
test.after(() => rmSync(temporary, { recursive: true }));

function folder(name: string, files: readonly string[]): string {
  const path = join(temporary, name);
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), "");
  return path;
}
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.instance(error, UserError);
    return (error as UserError).message.replaceAll(`${temporary}/`, "");
  }
  throw new Error("expected a UserError");
}

test("a folder's images, frame 2 before frame 10, other files left alone", () => {
  const path = folder("video", ["f10.jpg", "f2.jpg", "f1.PNG", "notes.txt", "f3.webp", "f4.jpeg", "jpg"]);
  mkdirSync(join(path, "more"));
  const files = listImages(path);
  assert.equal(
    files.map(({ name }) => name),
    ["f1.PNG", "f2.jpg", "f3.webp", "f4.jpeg", "f10.jpg"],
  );
  assert.is(files[1].path, join(path, "f2.jpg"));
  assert.equal(listImages(join(path, "f2.jpg")), [files[1]]);
});

test("results are called as their images, told apart where two would meet", () => {
  const files = ["a.jpg", "b.jpg", "b.png", "c.d.png"].map((name) => ({ path: name, name }));
  assert.equal(resultNames(files), ["a", "b.jpg", "b.png", "c.d"]);
});

test("no such image, an empty folder, a folder named as an image", () => {
  assert.is(
    refusal(() => listImages(join(temporary, "none.jpg"))),
    "none.jpg: no such image or folder",
  );
  assert.is(
    refusal(() => listImages(folder("empty.png", ["a.txt"]))),
    "empty.png: no image in this folder (.jpg, .jpeg, .png or .webp)",
  );
  const path = folder("nested", ["a.png"]);
  mkdirSync(join(path, "b.png"));
  assert.is(
    refusal(() => listImages(path)),
    "nested/b.png: is a folder, expected an image",
  );
});

test("regions are square: the whole image in the middle, 2.2 times a tight box around its centre", () => {
  assert.equal(wholeImage({ width: 5, height: 8 }), { x: -1, y: 0, side: 8 });
  assert.equal(wholeImage({ width: 9, height: 2 }), { x: 0, y: -3, side: 9 });
  assert.equal(wholeImage({ width: 1, height: 1 }), { x: 0, y: 0, side: 1 });
  assert.equal(aroundBox({ x: 100, y: 40, width: 50, height: 20 }), { x: 70, y: -5, side: 110 });
  assert.equal(aroundBox({ x: 0.4, y: 0.4, width: 0.1, height: 0.1 }), { x: 0, y: 0, side: 1 });
});

test("a crop is black outside the image", () => {
  const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i + 1) };
  assert.equal(cropRegion({ ...image, height: 1, width: 1 }, { x: 0, y: 0, side: 1 }).data, new Uint8Array([1, 2, 3]));
  const red = (x: number, y: number, side: number) =>
    cropRegion(image, { x, y, side }).data.filter((_, i) => i % 3 === 0);
  assert.equal([...red(0, -1, 3)], [0, 0, 0, 1, 4, 7, 10, 13, 16]);
  assert.equal([...red(1, 0, 2)], [4, 7, 13, 16]);
  assert.equal([...red(2, 1, 2)], [16, 0, 0, 0]);
  assert.equal([...red(-1, -1, 2)], [0, 0, 0, 1]);
  assert.equal([...red(-2, 5, 2)], [0, 0, 0, 0]);
  assert.equal([...red(7, 0, 2)], [0, 0, 0, 0]);
});

test("boxes: read, and held against the image", () => {
  assert.equal(parseBox("-3,4.5, 10,20"), { x: -3, y: 4.5, width: 10, height: 20 });
  for (const bad of ["", "1,2,3", "1,2,3,4,5", "1,2,0,4", "1,2,3,-4", "a,2,3,4", "1,,3,4", "1,2,Infinity,4"]) {
    assert.is(
      refusal(() => parseBox(bad)),
      `--bbox ${bad}: expected x,y,w,h in pixels, w and h above 0`,
    );
  }
  const size = { width: 30, height: 20 };
  const check = (text: string) => checkBox(parseBox(text), size, "a.jpg");
  for (const good of ["0,0,30,20", "-5,-5,6,6", "29,19,30,30", "-15,-15,60,60"]) check(good);
  for (const bad of ["30,0,5,5", "0,20,5,5", "-5,0,5,5", "0,-9,5,9"]) {
    assert.is(
      refusal(() => check(bad)),
      `--bbox ${bad}: lies outside of a.jpg, which is 30 x 20 pixels`,
    );
  }
  assert.match(
    refusal(() => check("0,0,61,5")),
    /is more than twice as large as a\.jpg/,
  );
});

test("a name that is not UTF-8 is named as far as it can be shown, where it would be read", () => {
  if (process.platform !== "linux") return; // other systems have no such names
  const folder = mkdtempSync(join(tmpdir(), "nsrm-names-"));
  const put = (latin1: string) =>
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(latin1, "latin1")]), "");
  try {
    put("notes\xe9.txt");
    put("a.jpg");
    put(Buffer.from("\ufffd.png").toString("latin1")); // is UTF-8
    assert.equal(
      listImages(folder)
        .map(({ name }) => name)
        .sort(),
      ["a.jpg", "\ufffd.png"],
    );
    assert.equal(findFiles(folder, ".json", 3), []);
    put("caf\xe9.jpg");
    const said = (extension: string) => `${folder}: the name of "caf\\xe9${extension}" in it is not UTF-8; rename it`;
    assert.is(
      refusal(() => listImages(folder)),
      said(".jpg"),
    );
    put("caf\xe9.json");
    assert.is(
      refusal(() => findFiles(folder, ".json", 1)),
      said(".json"),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
