/**
 * Whether this is Node, and not a page for which `process` and `setImmediate` are made up. Dawn's Node binding needs the
 * waiting below; a browser's promises cost nothing, and its main thread must not sleep.
 */
export function isNode(scope: { process?: { versions?: { node?: unknown } }; setImmediate?: unknown }): boolean {
  return typeof scope.process?.versions?.node === "string" && typeof scope.setImmediate === "function";
}

const cell = isNode(globalThis) ? new Int32Array(new SharedArrayBuffer(4)) : null;

/** Promises waited for that have not settled, and the turn of the event loop that all of them await. */
let pending = 0;
let turn: Promise<void> | null = null;

/**
 * Waits for a WebGPU promise without burning a core.
 *
 * While a promise of Dawn's Node binding is pending, the binding reschedules itself on the main thread without pause.
 * On a machine whose cores also run the driver that costs up to 80% of the speed, so we sleep a millisecond on a
 * private cell between turns of the event loop: I/O and timers go on, the core is free meanwhile. However many wait, a turn
 * has one millisecond.
 */
export async function wait<T>(promise: Promise<T>): Promise<T> {
  if (!cell) return promise;
  let settled = false;
  const done = () => {
    settled = true;
    pending--;
  };
  pending++;
  promise.then(done, done);
  while (!settled) await (turn ??= takeTurn(cell));
  return promise;
}

async function takeTurn(cell: Int32Array): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (pending > 0) Atomics.wait(cell, 0, 0, 1);
  turn = null;
}
