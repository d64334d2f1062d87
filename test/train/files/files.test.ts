import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { ensureFolder, writeFileAtomic } from "../../../model/files/files";
import { encodeSafetensors, readSafetensors, writeSafetensors } from "../../../model/files/safetensors";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../../../train/files/checkpoint";
import { makeFolder } from "../../../train/files/new-folder";
import { removeStaleTemporaries } from "../../../train/files/stale-temporaries";
import { runChild } from "../../helpers/child";

const test = suite("files");
let folder = "";
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "nsrm-"));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

async function refusal(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, UserError);
    assert.not.ok((error as Error).message.includes("\n"));
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

test("a file is replaced whole, and nothing else stays in the folder", async () => {
  const path = join(folder, "a.txt");
  await writeFileAtomic(path, "old");
  await writeFileAtomic(path, [new Uint8Array([110, 101]), new Uint8Array(0), new Uint8Array([119])]);
  assert.is(readFileSync(path, "utf8"), "new");
  symlinkSync(path, join(folder, "link"));
  await writeFileAtomic(join(folder, "link"), "through the link");
  assert.is(readFileSync(path, "utf8"), "through the link");
  assert.equal(readdirSync(folder).sort(), ["a.txt", "link"]);
});

test("simultaneous writes of one file leave one of them whole", async () => {
  const path = join(folder, "a");
  const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
  await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
  assert.ok(contents.includes(readFileSync(path, "utf8")));
  assert.equal(readdirSync(folder), ["a"]);
});

test("what cannot be written is one clear line", async () => {
  mkdirSync(join(folder, "dir"));
  writeFileSync(join(folder, "file"), "");
  assert.match(await refusal(() => writeFileAtomic(join(folder, "dir"), "x")), /dir: cannot write it: it is a folder/);
  assert.match(await refusal(() => writeFileAtomic(join(folder, "none/x"), "x")), /no such file or folder/);
  assert.match(await refusal(() => writeFileAtomic(join(folder, "file/x"), "x")), /a part of its path is not a folder/);
  assert.match(await refusal(() => writeFileAtomic("/dev/null", "x")), /not a regular file/);
  assert.match(await refusal(() => writeFileAtomic(join(folder, "x".repeat(300)), "x")), /name is too long/);
});

test("a disk that fills up keeps the old file and nothing torn", async () => {
  const path = join(folder, "a");
  writeFileSync(path, "old");
  // A limit on the size of files fails a write half-way, as a full disk does, and needs no special rights.
  const { ended } = await runChild(
    `import { ensureFolder, writeFileAtomic } from "./model/files/files";
     await writeFileAtomic(${JSON.stringify(path)}, [new Uint8Array(4096), new Uint8Array(1 << 20)]).catch((e) => console.log(e.name, e.message));`,
    "ulimit -f 64; exec $RUN",
  );
  const { output } = await ended;
  assert.ok(output.includes(`UserError ${path}: cannot write it: the file would grow larger`), output);
  assert.is(readFileSync(path, "utf8"), "old");
  assert.equal(readdirSync(folder), ["a"]);
});

test("temporary files of killed writers are swept away, others are not", async () => {
  for (const name of [".best.safetensors.123-0123abcd-0.tmp", "notes.tmp", ".hidden", "a.123-0123abcd-0.tmp"]) {
    writeFileSync(join(folder, name), "");
  }
  const writing = writeFileAtomic(join(folder, "a"), [new Uint8Array(1 << 20)]);
  assert.is(await removeStaleTemporaries(folder), 1);
  await writing;
  assert.equal(readdirSync(folder).sort(), [".hidden", "a", "a.123-0123abcd-0.tmp", "notes.tmp"]);
  assert.match(
    await refusal(() => removeStaleTemporaries(join(folder, "none"))),
    /none: cannot list it: no such file or folder/,
  );
});

test("what a killed process was writing is removed by the next that writes there; what a living one writes is not", async () => {
  const [first, second, third] = ["1", "2", "3"].map((name) => join(folder, name));
  for (const path of [first, second, third]) mkdirSync(path);
  const { child, said, ended } = await runChild(
    `import { mkdirSync, writeFileSync } from "node:fs";
     import { join } from "node:path";
     import { temporaryBeside } from "./model/files/temporaries";
     for (const folder of ${JSON.stringify([first, second, third])}) {
       writeFileSync(temporaryBeside(join(folder, "${"long".repeat(60)}.json")), "half");
       const path = temporaryBeside(join(folder, "hands"));
       mkdirSync(path);
       writeFileSync(join(path, "0001.png"), "half");
     }
     console.log("written");
     setInterval(() => {}, 1000);`,
  );
  await said("written");
  await writeFileAtomic(join(first, "a"), "x");
  assert.is(readdirSync(first).length, 3);
  child.kill("SIGKILL");
  await ended;
  await writeFileAtomic(join(second, "a"), "x");
  assert.equal(readdirSync(second), ["a"]);
  await makeFolder(join(third, "b"), async (path) => writeFileSync(join(path, "c"), ""));
  assert.equal(readdirSync(third), ["b"]);
});

test("temporaries of another machine are left alone for a day", async () => {
  const names = [".a.1-01234567-77-0.tmp", ".b.1-01234567-77-0.tmp"];
  for (const name of names) writeFileSync(join(folder, name), "");
  const old = new Date(Date.now() - 25 * 3600e3);
  utimesSync(join(folder, names[0]), old, old);
  await writeFileAtomic(join(folder, "c"), "x");
  assert.equal(readdirSync(folder).sort(), [names[1], "c"]);
});

const sample = (): Checkpoint => ({
  adapter: "llvmpipe (LLVM 15)",
  epoch: 3,
  step: 1234,
  batchInEpoch: 17,
  seed: 42,
  rng: { shuffle: [1, 2, 4294967295] },
  bestScore: 0.1 + 0.2,
  validationDue: true,
  lossScale: [65536, 7, 0.1 + 0.2, 0.001],
  config: { name: "LPM_G1", learning_rate: 1e-4, checksum: '"checksum":"' + "0".repeat(64) + '"' },
  contents: { train: { images: 2, names: "a", files: "b", labels: "c" } },
  parameters: new Map([
    [
      "vgg19.backbone.0.weight",
      {
        shape: [2, 3],
        value: new Float32Array([1, -2, 0.1, -0, 1e-40, 1e38]),
        moments: { expAvg: new Float32Array([1, 2, 3, 4, 5, 6]), expAvgSq: new Float32Array(6).fill(1e-12) },
      },
    ],
    ["vgg19.backbone.0.bias", { shape: [2], value: new Float32Array([7, 8]), moments: null }],
  ]),
});

test("a checkpoint comes back bit for bit, and its bytes are the same each time", async () => {
  const path = join(folder, "last.safetensors");
  await saveCheckpoint(path, sample());
  assert.equal(loadCheckpoint(path), sample());
  assert.ok(Object.is(loadCheckpoint(path).parameters.get("vgg19.backbone.0.weight")!.value[3], -0));
  const bytes = readFileSync(path);
  await saveCheckpoint(path, sample());
  assert.ok(readFileSync(path).equals(bytes));

  const light = loadCheckpoint(path, { weightsOnly: true });
  assert.is(light.parameters.get("vgg19.backbone.0.weight")!.moments, null);
  // Any reader of safetensors finds the weights under their own names.
  assert.equal([...readSafetensors(path).f32("vgg19.backbone.0.bias")], [7, 8]);
});

test("the checksum is the SHA-256 of the file with the checksum zeroed", async () => {
  const path = join(folder, "c.safetensors");
  await saveCheckpoint(path, { ...sample(), config: null });
  const text = readFileSync(path).toString("latin1");
  const { checksum } = readSafetensors(path).metadata;
  const zeroed = Buffer.from(text.replace(checksum, "0".repeat(64)), "latin1");
  assert.is(createHash("sha256").update(zeroed).digest("hex"), checksum);
});

test("one flipped bit or a missing byte anywhere is refused", async () => {
  const path = join(folder, "c.safetensors");
  await saveCheckpoint(path, sample());
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at += 3) {
    const bytes = Buffer.from(whole);
    bytes[at] ^= 1 << (at % 8);
    writeFileSync(path, bytes);
    assert.ok((await refusal(() => loadCheckpoint(path))).startsWith(path), `byte ${at}`);
  }
  for (const length of [0, 7, 100, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, length));
    await refusal(() => loadCheckpoint(path));
  }
  // A flipped bit of a weight is nothing the format itself would notice.
  const bytes = Buffer.from(whole);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(path, bytes);
  assert.match(await refusal(() => loadCheckpoint(path)), /c\.safetensors: the checkpoint is damaged/);
});

test("foreign files are refused", async () => {
  const path = join(folder, "f.safetensors");
  const x = { name: "x", shape: [1], data: new Float32Array(1) };
  await writeSafetensors(path, [x], { format: "pt" });
  assert.match(await refusal(() => loadCheckpoint(path)), /not a checkpoint of this program/);
  await writeSafetensors(path, [x], { kind: "nsrm-checkpoint", format_version: "2" });
  assert.match(await refusal(() => loadCheckpoint(path)), /format 2 is not known here/);
  await writeSafetensors(path, [x], { kind: "nsrm-checkpoint", format_version: "1" });
  assert.match(await refusal(() => loadCheckpoint(path)), /damaged/);
  writeFileSync(path, "PK\u0003\u0004 a .pth file is a zip archive, this one begins like it");
  assert.match(await refusal(() => loadCheckpoint(path)), /not a safetensors file/);
  assert.match(await refusal(() => loadCheckpoint(join(folder, "none"))), /no such file/);
});

test("a checkpoint with a true checksum and contradictory content is refused", async () => {
  const path = join(folder, "s.safetensors");
  const x = { name: "x", shape: [2], data: new Float32Array(2) };
  const fields = {
    kind: "nsrm-checkpoint",
    format_version: "1",
    best_score: "null",
    rng: "null",
    config: "{}",
    seed: "1",
  };
  const counts = { epoch: "0", step: "0", step_in_epoch: "0" };
  function write(tensors: Parameters<typeof encodeSafetensors>[0], metadata: Record<string, string>) {
    const zeros = "0".repeat(64);
    const bytes = Buffer.concat(encodeSafetensors(tensors, { ...metadata, checksum: zeros }));
    const digest = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(path, Buffer.from(bytes.toString("latin1").replace(zeros, digest), "latin1"));
  }
  async function signed(...content: Parameters<typeof write>) {
    write(...content);
    return refusal(() => loadCheckpoint(path));
  }
  assert.match(await signed([x], fields), /"epoch" is missing/);
  assert.match(await signed([x], { ...fields, ...counts, step: "1.5" }), /"step" is not a whole number/);
  assert.match(await signed([x, { ...x, name: "exp_avg.x" }], { ...fields, ...counts }), /"x" has no "exp_avg_sq.x"/);
  const half = { ...x, name: "exp_avg_sq.x", shape: [1, 2] };
  assert.match(
    await signed([x, { ...x, name: "exp_avg.x" }, half], { ...fields, ...counts }),
    /"exp_avg_sq.x" is not F32 \[2\]/,
  );
  const whole = { ...fields, ...counts };
  assert.match(await signed([x], { ...whole, loss_scale: "[1]" }), /"loss_scale" is not null or four numbers/);
  for (const contents of ["[]", '{"valid":7}', '{"train":{"images":"2","names":"","files":"","labels":""}}']) {
    assert.match(await signed([x], { ...whole, contents }), /"contents" is not null or an object of splits/);
  }
  assert.match(await signed([x], { ...whole, validation_due: "1" }), /"validation_due" is not null or true or false/);
  // What files did not say from the beginning, they may leave out.
  write([x], whole);
  const { lossScale, contents, validationDue } = loadCheckpoint(path);
  assert.equal([lossScale, contents, validationDue], [null, null, false]);
});

test("folders are made with those above them; where none can be, that is said and nothing hangs", async () => {
  // Often, and several at once: who asks second may find a parent that was missing a moment ago.
  for (let round = 0; round < 200; round++) {
    const deep = join(folder, `made${round}/of/three`);
    await Promise.all(Array.from({ length: 4 }, () => ensureFolder(deep)));
    assert.ok(statSync(deep).isDirectory());
  }
  await ensureFolder(join(folder, "made0/of/three"));
  writeFileSync(join(folder, "a-file"), "");
  for (const path of [join(folder, "a-file"), join(folder, "a-file/below"), "/proc/none/below"]) {
    if (path.startsWith("/proc") && process.platform !== "linux") continue;
    assert.match(await refusal(() => ensureFolder(path)), path);
  }
});

test.run();
