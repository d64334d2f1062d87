import type { Array as JaxArray } from "@jax-js/jax";
import * as jax from "@jax-js/jax";
import { wait } from "../../engine/device/index";
import { devDependencies } from "../../package.json";
import {
  type ConvCase,
  convData,
  type LayerContender,
  type LossCase,
  lossData,
  type Peer,
  type PeerDevice,
  type Task,
} from "../contract/index";

/** jax-js, channels first as its own: convolutions, losses and their gradients, compiled by its jit. */
export const peer: Peer = {
  version: devDependencies["@jax-js/jax"], // pinned; the library does not say it
  openLayers,
};

let opened = false;

/** The backend keeps the device that it was given first, so it can be opened once in a process. */
async function openLayers(device: PeerDevice): Promise<LayerContender> {
  if (opened) throw new Error("jax-js can be opened once in a process");
  opened = true;
  const found = await jax.init("webgpu");
  if (!found.includes("webgpu")) throw new Error("jax-js found no WebGPU device");
  jax.defaultDevice("webgpu");
  return {
    tasks: {
      conv: (c) => convTask(device, c),
      loss: (c) => lossTask(device, c),
    },
    close: async () => undefined,
  };
}

const array = (values: Float32Array, shape: readonly number[]): JaxArray =>
  jax.numpy.array(values as Float32Array<ArrayBuffer>, { shape: [...shape] });

/** jax-js counts references: an argument is consumed unless `.ref` hands over another. */
function convTask(device: PeerDevice, c: ConvCase): Task {
  const { shapes, ...data } = convData(c);
  const inputs = {
    x: array(data.x, shapes.x),
    w: array(data.w, shapes.w),
    b: array(data.b, [1, c.co, 1, 1]),
    gy: array(data.gy, shapes.gy),
  };
  const side = (c.kernel - 1) / 2;
  const conv = (x: JaxArray, w: JaxArray) =>
    jax.lax.convGeneralDilated(
      x,
      w,
      [1, 1],
      [
        [side, side],
        [side, side],
      ],
    );
  const passes = {
    forward: jax.jit(({ x, w, b }: typeof inputs) => conv(x, w).add(b)),
    dx: jax.jit(({ x, w, gy }: typeof inputs) => {
      const [y, pullback] = jax.vjp((v: JaxArray) => conv(v, w.ref), [x]);
      y.dispose();
      return pullback(gy)[0] as JaxArray;
    }),
    dw: jax.jit(({ x, w, gy }: typeof inputs) => {
      const [y, pullback] = jax.vjp((v: JaxArray) => conv(x.ref, v), [w]);
      y.dispose();
      return pullback(gy)[0] as JaxArray;
    }),
  };
  return jitTask(device, passes[c.pass], inputs);
}

/** The losses as one writes them; jit makes one kernel of each. */
function lossTask(device: PeerDevice, c: LossCase): Task {
  const { prediction, target, divisor } = lossData(c);
  const inputs = { p: array(prediction, c.shape), t: array(target, c.shape) };
  const { log, maximum } = jax.numpy;
  const rest = (x: JaxArray) => x.mul(-1).add(1);
  const clampedLog = (x: JaxArray) => maximum(log(x), -100);
  const formulas = {
    sumMse: {
      forward: ({ p, t }: typeof inputs) => {
        const d = p.sub(t);
        return d.ref.mul(d).sum().div(divisor);
      },
      dx: ({ p, t }: typeof inputs) => p.sub(t).mul(2 / divisor),
    },
    bceProb: {
      forward: ({ p, t }: typeof inputs) => {
        const hit = t.ref.mul(clampedLog(p.ref));
        return hit
          .add(rest(t).mul(clampedLog(rest(p))))
          .sum()
          .div(-divisor);
      },
      dx: ({ p, t }: typeof inputs) => {
        const variance = maximum(p.ref.mul(rest(p.ref)), 1e-12);
        return p.sub(t).div(variance).div(divisor);
      },
    },
  };
  return jitTask(device, jax.jit(formulas[c.loss][c.pass]), inputs);
}

/** A compiled function of some arrays as a task. */
function jitTask<Inputs extends Record<string, JaxArray>>(
  device: PeerDevice,
  run: ((inputs: Inputs) => JaxArray) & { dispose(): void },
  inputs: Inputs,
): Task {
  const once = (): JaxArray =>
    run(Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, t.ref])) as Inputs);
  return {
    async run(times) {
      const results = Array.from({ length: times }, once);
      await wait(jax.blockUntilReady(results));
      for (const y of results) y.dispose();
      device.check();
    },
    async result() {
      const values = (await wait(once().data())) as Float32Array;
      device.check();
      return values;
    },
    dispose() {
      run.dispose();
      for (const t of Object.values(inputs)) t.dispose();
    },
  };
}
