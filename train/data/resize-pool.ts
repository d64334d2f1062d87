import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type RgbImage, resizeBicubic } from "./resize";
import type { ResizeTask } from "./resize-worker";
import script from "./resize-worker?worker";

/** An image this small is resized sooner than it is sent to another thread. */
const SMALL = 128 * 128;

const size = Math.min(availableParallelism(), 8);
const idle: Worker[] = [];
const waiting: ((worker: Worker) => void)[] = [];
let started = 0;

/**
 * `resizeBicubic` in a thread of its own, as many at a time as the machine has processors: a GPU that trains leaves the
 * main thread no time to resize for it. Threads start when first needed and keep no process alive.
 */
export async function resizeInBackground(image: RgbImage, width: number, height: number): Promise<RgbImage> {
  const same = image.width === width && image.height === height;
  if (same || image.width * image.height < SMALL) return resizeBicubic(image, width, height);
  const worker = await takeWorker();
  try {
    const data = await ask(worker, { image, width, height });
    giveBack(worker);
    return { width, height, data };
  } catch (error) {
    // A thread ends with its first error; another takes its place.
    giveBack(startWorker());
    throw error;
  }
}

function startWorker(): Worker {
  const worker = new Worker(script, { eval: true });
  worker.unref(); // only a task keeps the process waiting for it
  return worker;
}

async function takeWorker(): Promise<Worker> {
  const worker = idle.pop();
  if (worker) return worker;
  if (started >= size) return new Promise((resolve) => waiting.push(resolve));
  started++;
  return startWorker();
}

function giveBack(worker: Worker): void {
  const next = waiting.shift();
  if (next) next(worker);
  else idle.push(worker);
}

function ask(worker: Worker, task: ResizeTask): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const done = () => {
      worker.off("message", answered).off("error", failed).unref();
    };
    const answered = (data: Uint8Array) => {
      done();
      resolve(data);
    };
    const failed = (error: Error) => {
      done();
      reject(error);
    };
    worker.on("message", answered).on("error", failed).ref();
    worker.postMessage(task);
  });
}
