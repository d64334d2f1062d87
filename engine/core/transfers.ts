import { type Commands, type Staging, type Storage, writesSoFar } from "../device/index";
import { DtypeError, OutOfMemoryError, ShapeError } from "../errors/index";
import type { Gpu } from "./gpu";
import { copyAcross, lieAlike } from "./images";
import type { Tensor } from "./tensor";
import { type Nested, valuesOf } from "./values";

/** Notes that what is recorded next reads a tensor's memory, or writes to it. */
export function touch({ recording }: Commands, { storage, shape }: Tensor, what: string, writes: boolean): void {
  if (writes) storage.noteWrite();
  recording?.uses(storage, `${what} [${shape.join(", ")}]`, writes);
}

/** Values on their way: uploads, copies, clears and read-backs. Gpu's methods of the same names say what each does. */
export class Transfers {
  constructor(
    private readonly gpu: Gpu,
    private readonly commands: Commands,
    private readonly staging: Staging,
  ) {}

  upload(t: Tensor, words: Float32Array | Uint32Array): void {
    t.storage.noteWrite();
    this.commands.write(t.storage.buffer, t.storage.offset, words);
  }

  write(t: Tensor, data: Nested): void {
    t.assertLive();
    if (t.dtype === "f16") throw new DtypeError("write", "uploads are float32; cast them on the GPU");
    const { values } = valuesOf("write", data);
    if (values.length !== t.size) throw new ShapeError("write", `${values.length} values`, [t.shape]);
    if (t.layout) this.gpu.scope(() => this.copy(this.gpu.tensor(values, t.shape), t));
    else this.upload(t, values);
    t.saw(values);
  }

  clear(t: Tensor): void {
    t.assertLive();
    touch(this.commands, t, "a cleared tensor", true);
    this.commands.clear(t.storage.buffer, t.storage.offset, t.bytes);
  }

  clearArena(arena: Storage): void {
    arena.noteWrite();
    this.commands.recording?.uses(arena, "an arena", true);
    this.commands.clear(arena.buffer, arena.offset, arena.bytes);
  }

  copy(from: Tensor, to: Tensor): void {
    from.assertLive();
    to.assertLive();
    if (from.size !== to.size) throw new ShapeError("copy", "sizes differ", [from.shape, to.shape]);
    if (from.dtype !== to.dtype) throw new DtypeError("copy", `from ${from.dtype} to ${to.dtype}`);
    if (from.storage.buffer === to.storage.buffer) {
      this.#copyWithin(from, to);
      return;
    }
    if (!lieAlike(from, to)) {
      this.gpu.scope(() => copyAcross(from, to));
      return;
    }
    touch(this.commands, from, "a copy's source", false);
    touch(this.commands, to, "a copy's target", true);
    this.commands.copy(from.storage.buffer, from.storage.offset, to.storage.buffer, to.storage.offset, from.bytes);
  }

  /** A copy between parts of one buffer, such as two parameters: WebGPU has none, so it goes by way of another. */
  #copyWithin(from: Tensor, to: Tensor): void {
    if (from.storage.offset === to.storage.offset) return;
    this.gpu.scope(() => {
      const between = this.gpu.empty(from.shape, from.dtype);
      this.copy(from, between);
      this.copy(between, to);
    });
  }

  read(t: Tensor): Promise<Float32Array> {
    t.assertLive();
    if (this.commands.recording) throw new Error("capture: a read-back; read after a replay");
    return this.#read(t);
  }

  async #read(t: Tensor): Promise<Float32Array> {
    if (t.layout || t.dtype === "f16") {
      const copy = this.gpu.empty(t.shape, t.layout ? t.dtype : "f32");
      if (t.layout) this.copy(t, copy);
      else this.gpu.tape.basics.convert(t, copy);
      const values = this.#read(copy); // recorded by now, so that the memory may serve what is recorded next
      copy.dispose();
      return values;
    }
    const at = writesSoFar();
    const staging = this.staging.take(t.bytes);
    if (!staging) throw new OutOfMemoryError(`out of memory: ${t.bytes} bytes to read [${t.shape.join(", ")}] back`);
    try {
      this.commands.copy(t.storage.buffer, t.storage.offset, staging, 0, t.bytes);
      const bytes = await this.commands.map(staging, t.bytes);
      this.staging.give(staging);
      const values = new Float32Array(bytes);
      t.saw(values, at);
      return values;
    } catch (error) {
      this.staging.destroy(staging);
      throw error;
    }
  }
}
