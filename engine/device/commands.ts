import { GpuError } from "../errors/index";
import type { Recording } from "./capture";
import { type AnyBuffer, onDevice } from "./storage";
import { wait } from "./wait";
import { MapMode } from "./webgpu-flags";

/** One dispatch, ready to record. */
export interface Dispatch {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  workgroups: readonly [number, number, number];
  label: string;
  /** Recorded while the tape was paused: part of backward, or of an update. */
  backward: boolean;
}

/**
 * The one owner of the command encoder: every dispatch, copy, clear, upload and submit goes through here, so that
 * order is what the code says. Dispatches share a compute pass; the pass ends at a copy, the encoder at a submit.
 */
export class Commands {
  /** Counters for tests and profiles. */
  readonly count = { dispatches: 0, submits: 0, passes: 0 };
  /** When set, sees every dispatch before it is recorded (timing, tracing). */
  observer: ((dispatch: Dispatch) => GPUComputePassTimestampWrites | undefined) | null = null;

  /** While set, copies and clears (and the Gpu's dispatches) are taken down there and reach no encoder. */
  recording: Recording | null = null;

  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #recorded = 0;
  #errors: string[] = [];
  /** Why nothing can be done any more; and whether somebody was told of it, where it was not asked for. */
  #gone: string | null = null;
  #told = true;
  #closed = false;
  /** While memory is asked for: whether there was none. */
  #allocation: { failed: boolean } | null = null;

  /** Dispatches a submit holds at most: the driver starts on the first part while the rest is being recorded. */
  readonly submitEvery = 64;

  /** @param explain makes of a driver's message what is told */
  constructor(
    readonly device: GPUDevice,
    explain: (message: string) => string,
  ) {
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault(); // we report it ourselves, at the next fence
      const { error } = event;
      if (this.#allocation && error.constructor.name === "GPUOutOfMemoryError") this.#allocation.failed = true;
      else this.#errors.push(explain(error.message) || error.constructor.name);
    });
    device.lost.then((info) => {
      if (this.#closed) return;
      this.#gone = `the GPU device was lost: ${info.message || info.reason || "the driver gave no reason"}`;
      this.#told = false;
    });
  }

  /** A new buffer; null where there is no memory for it. (Dawn says so at once, a browser at the next fence.) */
  allocate(descriptor: GPUBufferDescriptor): GPUBuffer | null {
    this.#assertUsable();
    const allocation = { failed: false };
    this.#allocation = allocation;
    try {
      const buffer = this.device.createBuffer(descriptor);
      return allocation.failed ? null : buffer;
    } finally {
      this.#allocation = null;
    }
  }

  /**
   * Waits for the queue and destroys the device: from now on all work is refused in words.
   * @throws GpuError what the driver reported and nobody was told
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    let untold: unknown;
    try {
      if (!this.#gone) await this.finish();
      else if (!this.#told) this.check();
    } catch (error) {
      untold = error;
    }
    this.#closed = true;
    this.#gone ??= "the GPU device was closed";
    this.device.destroy();
    if (untold) throw untold;
  }

  dispatch(d: Dispatch): void {
    this.#assertUsable();
    this.#encoder ??= this.device.createCommandEncoder();
    const timestampWrites = this.observer?.(d);
    if (timestampWrites) this.#endPass();
    if (!this.#pass) {
      this.#pass = this.#encoder.beginComputePass(timestampWrites ? { timestampWrites } : undefined);
      this.count.passes++;
    }
    this.#pass.setPipeline(d.pipeline);
    this.#pass.setBindGroup(0, d.bindGroup);
    this.#pass.dispatchWorkgroups(...d.workgroups);
    this.count.dispatches++;
    if (timestampWrites) this.#endPass();
    if (++this.#recorded >= this.submitEvery) this.submit();
  }

  copy(from: AnyBuffer, fromOffset: number, to: AnyBuffer, toOffset: number, bytes: number): void {
    if (this.recording) this.recording.record({ kind: "copy", from, fromOffset, to, toOffset, bytes });
    else this.#encoding().copyBufferToBuffer(onDevice(from), fromOffset, onDevice(to), toOffset, bytes);
  }

  /** Sets a range to zero. */
  clear(buffer: AnyBuffer, offset: number, bytes: number): void {
    if (this.recording) this.recording.record({ kind: "clear", buffer, offset, bytes });
    else this.#encoding().clearBuffer(onDevice(buffer), offset, bytes);
  }

  resolve(queries: GPUQuerySet, count: number, to: GPUBuffer): void {
    this.#encoding().resolveQuerySet(queries, 0, count, to, 0);
  }

  /**
   * Uploads at this point of the recorded order. `queue.writeBuffer` runs before commands that are recorded but not yet
   * submitted, so those are submitted first.
   */
  write(buffer: AnyBuffer, offset: number, data: ArrayBufferView): void {
    if (this.recording) throw new Error("capture: an upload; write into a tensor from outside before each replay");
    this.#assertUsable();
    this.submit();
    this.device.queue.writeBuffer(onDevice(buffer), offset, data.buffer, data.byteOffset, data.byteLength);
  }

  submit(): void {
    if (!this.#encoder) return;
    this.#endPass();
    const commands = this.#encoder.finish();
    this.#encoder = null;
    this.#recorded = 0;
    this.device.queue.submit([commands]);
    this.count.submits++;
  }

  /** Submits and waits until the queue is idle. @throws GpuError what the driver reported since the last fence. */
  async finish(): Promise<void> {
    this.submit();
    await this.settle(this.device.queue.onSubmittedWorkDone());
  }

  /** Maps a staging buffer that was the target of an earlier `copy`, and returns what it holds. */
  async map(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    this.submit();
    await this.settle(staging.mapAsync(MapMode.READ, 0, bytes));
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    return copy;
  }

  /** Waits for a WebGPU promise the quiet way and turns errors that piled up meanwhile into an exception. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await wait(promise);
    } catch (error) {
      this.check();
      throw new GpuError((error as Error).message || "the GPU device was lost or closed while its work was waited for");
    }
    this.check();
    return value;
  }

  /** @throws GpuError when the device is closed, lost, or reported errors since the last check. */
  check(): void {
    this.#assertUsable();
    if (this.#errors.length === 0) return;
    const [first] = this.#errors;
    const more = this.#errors.length > 1 ? ` (and ${this.#errors.length - 1} more)` : "";
    this.#errors = [];
    throw new GpuError(`GPU error: ${first}${more}`);
  }

  /** @throws GpuError when the device is closed or lost */
  #assertUsable(): void {
    if (!this.#gone) return;
    this.#told = true;
    throw new GpuError(this.#gone);
  }

  #encoding(): GPUCommandEncoder {
    this.#assertUsable();
    this.#encoder ??= this.device.createCommandEncoder();
    this.#endPass();
    this.#recorded++;
    return this.#encoder;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}
