import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isNode, wait } from "../../../engine/device/wait";
import { leastProcessorTime } from "../../helpers/processor";

const test = suite("wait");

const later = (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve("done"), ms));

test("it waits for the value, or the error", async () => {
  assert.is(await wait(later(5)), "done");
  assert.is(await wait(Promise.resolve(3)), 3);
  let error: unknown;
  await wait(later(5).then(() => Promise.reject(new Error("on purpose")))).catch((e) => (error = e));
  assert.match(String(error), /on purpose/);
});

test("a page that makes up process and setImmediate is not taken for Node", () => {
  assert.is(isNode(globalThis), true);
  const setImmediate = () => 0;
  assert.equal(
    [isNode({ process: {}, setImmediate }), isNode({ process: { versions: {} }, setImmediate })],
    [false, false],
  );
  assert.equal([isNode({}), isNode({ process: { versions: { node: "20.0.0" } } })], [false, false]);
});

test("it burns no processor time", async () => {
  const used = await leastProcessorTime(() => wait(later(300)));
  assert.ok(used < 150, `${used} ms of processor time in 300 ms`);
});

test("many that wait at once sleep no longer than one", async () => {
  const sleep = Atomics.wait;
  let [sleeps, turns] = [0, 0];
  let going = true;
  Object.assign(Atomics, {
    wait: (...args: Parameters<typeof sleep>) => {
      sleeps++;
      return sleep(...args);
    },
  });
  const count = () => {
    turns++;
    if (going) setImmediate(count);
  };
  setImmediate(count);
  try {
    await Promise.all(Array.from({ length: 8 }, () => wait(later(50))));
  } finally {
    Object.assign(Atomics, { wait: sleep });
    going = false;
  }
  assert.ok(sleeps > 0 && sleeps <= turns + 1, `${sleeps} sleeps in ${turns} turns of the event loop`);
});

test("timers go on meanwhile", async () => {
  let ticks = 0;
  let timer: NodeJS.Timeout | undefined;
  const fifth = new Promise<void>((resolve) => {
    timer = setInterval(() => ++ticks === 5 && resolve(), 5);
  });
  await wait(fifth);
  clearInterval(timer);
  assert.is(ticks, 5);
});

test.run();
