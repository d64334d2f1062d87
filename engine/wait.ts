/**
 * Waits for a WebGPU promise without burning a core.
 *
 * While a promise of Dawn's Node binding is pending, the binding reschedules itself on the main thread without pause.
 * On a machine whose cores also run the driver that costs up to 80% of the speed, so we sleep a millisecond on a
 * private cell between turns of the event loop: I/O and timers go on, the core is free meanwhile.
 */
export async function wait<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = () => {
    settled = true;
  };
  promise.then(done, done);
  while (!settled) {
    await nextTurn();
    if (!settled) pause(1);
  }
  return promise;
}

const inNode = typeof globalThis.process !== "undefined" && typeof setImmediate === "function";
const nextTurn = () => new Promise<void>((resolve) => (inNode ? setImmediate(resolve) : setTimeout(resolve, 0)));

const cell = inNode ? new Int32Array(new SharedArrayBuffer(4)) : null;

/** Sleeps this thread; browsers forbid it on the main thread, where promises cost nothing anyway. */
function pause(ms: number): void {
  if (cell) Atomics.wait(cell, 0, 0, ms);
}
