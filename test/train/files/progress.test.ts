import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatDuration, formatLoss, openProgress } from "../../../train/files/progress";

const test = suite("progress");

/** Stands for the console: keeps what is written. */
function console(isTTY: boolean) {
  const stream = {
    isTTY,
    columns: 120,
    text: "",
    write(s: string, ...rest: unknown[]) {
      stream.text += s;
      for (const done of rest) if (typeof done === "function") done();
      return true;
    },
  };
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => stream.text };
}

test("without a terminal there is a line every few seconds, and one at the end", () => {
  const { stream, text } = console(false);
  let ms = 0;
  const progress = openProgress({ total: 100, epochs: 4, stream, lineEvery: 10, now: () => ms });
  for (let step = 1; step <= 100; step++) {
    ms += 500;
    progress.update({ step, epoch: Math.floor((step - 1) / 25), loss: 1 / step, imagesPerSecond: 8 });
    if (step === 30) progress.print("best so far");
  }
  progress.stop();
  const lines = text().trimEnd().split("\n");
  assert.is(lines[0], "epoch 1/4  step 1/100  loss 1.0000  8.00 images/s  ETA ?");
  assert.is(lines[1], "epoch 1/4  step 21/100  loss 0.047619  8.00 images/s  ETA 40s");
  assert.is(lines[2], "best so far");
  assert.is(lines.length, 1 + 5 + 1);
  assert.is(lines[6], "epoch 4/4  step 100/100  loss 0.010000  8.00 images/s  ETA 0s");
});

test("the time left forgets a slow first step and counts from where a resumed run began", () => {
  const { stream, text } = console(false);
  let ms = 0;
  const progress = openProgress({ total: 1000, start: 500, epochs: 1, stream, lineEvery: 0, now: () => ms });
  for (const [step, took] of [
    [501, 60_000],
    [502, 1000],
    [503, 2000],
  ]) {
    ms += took;
    progress.update({ step, epoch: 0, loss: 1, imagesPerSecond: 1 });
  }
  const left = text().match(/ETA .*/g);
  assert.equal(left, ["ETA ?", "ETA 8m 18s", "ETA 12m 26s"]);
});

test("on a terminal there is a bar with loss, speed and time left, and lines stay above it", () => {
  const { stream, text } = console(true);
  let ms = 0;
  const progress = openProgress({ total: 10, epochs: 2, stream, now: () => ms });
  progress.print("before");
  for (let step = 1; step <= 10; step++) {
    ms += 1000;
    progress.update({ step, epoch: step > 5 ? 1 : 0, loss: 0.5, imagesPerSecond: 12.34 });
  }
  progress.print("in between");
  progress.stop();
  const esc = String.fromCharCode(27);
  const plain = text().replaceAll(new RegExp(`${esc}\\[[0-9?]*[A-Za-z]`, "g"), "");
  assert.ok(plain.startsWith("before\n"));
  const bar = `epoch 2/2 [${"█".repeat(24)}] 10/10  loss 0.50000  12.3 images/s  ETA 0s`;
  assert.ok(plain.includes(bar), plain);
  assert.ok(plain.includes("in between\n") && plain.indexOf("in between\n") < plain.lastIndexOf(bar), plain);
  assert.ok(text().endsWith("\n") && text().includes(`${esc}[?25h`), "the cursor is shown again");
});

test("silent is silent", () => {
  const { stream, text } = console(true);
  const progress = openProgress({ total: 10, epochs: 1, silent: true, stream });
  progress.update({ step: 1, epoch: 0, loss: 1, imagesPerSecond: 1 });
  progress.print("line");
  progress.stop();
  assert.is(text(), "");
});

test("durations and losses read well at any size", () => {
  assert.equal([0, 59.4, 60, 3599, 3600, 90061, null].map(formatDuration), [
    "0s",
    "59s",
    "1m 00s",
    "59m 59s",
    "1h 00m",
    "25h 01m",
    "?",
  ]);
  assert.equal([0, 31.41592, 1e-7, 123456, Number.NaN].map(formatLoss), [
    "0.0000",
    "31.416",
    "1.000e-7",
    "1.235e+5",
    "NaN",
  ]);
});

test.run();
