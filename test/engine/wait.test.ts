import { suite } from "uvu";
import * as assert from "uvu/assert";
import { wait } from "../../engine/wait";

const test = suite("wait");

const later = (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve("done"), ms));

test("it waits for the value, or the error", async () => {
  assert.is(await wait(later(5)), "done");
  assert.is(await wait(Promise.resolve(3)), 3);
  let error: unknown;
  await wait(later(5).then(() => Promise.reject(new Error("on purpose")))).catch((e) => (error = e));
  assert.match(String(error), /on purpose/);
});

test("it burns no processor time", async () => {
  const before = process.cpuUsage();
  await wait(later(300));
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 150_000, `${(user + system) / 1000} ms of processor time in 300 ms`);
});

test("timers go on meanwhile", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await wait(later(100));
  clearInterval(timer);
  assert.ok(ticks >= 5, `${ticks} ticks of 5 ms in 100 ms`);
});

test.run();
