import { type Program, packUniforms, type UniformValues } from "./pipelines";
import { type AnyBuffer, onDevice } from "./storage";
import { BufferUsage } from "./webgpu-flags";

/** What one binding of a dispatch gets: a piece of a buffer, or the content of its uniform struct. */
export type Resource =
  | { binding: number; buffer: AnyBuffer; offset: number; size: number }
  | { binding: number; uniform: Uint8Array<ArrayBuffer> };

const CACHED_UNIFORMS = 4096;
const CACHED_BIND_GROUPS = 16384;

/** Bind groups and uniform buffers, one per distinct content: fixed shapes make the same few hundred again and again. */
export class BindGroups {
  /** Times that the uniform buffers were destroyed; bind groups made before then are void. */
  evictions = 0;
  #uniforms = new Map<string, GPUBuffer>();
  #groups = new Map<string, GPUBindGroup>();
  #ids = new WeakMap<GPUBuffer, number>();
  #nextId = 1;

  constructor(
    readonly device: GPUDevice,
    /** Submits what is recorded: it may use buffers that are about to be destroyed. */
    readonly submit: () => void,
  ) {}

  get count(): { uniforms: number; bindGroups: number } {
    return { uniforms: this.#uniforms.size, bindGroups: this.#groups.size };
  }

  get(program: Program, resources: readonly Resource[]): GPUBindGroup {
    let key = String(program.id);
    const entries = resources.map((r) => {
      if ("uniform" in r) {
        const buffer = this.#uniform(r.uniform);
        key += `|${this.#idOf(buffer)}`;
        return { binding: r.binding, resource: { buffer } };
      }
      const { offset, size } = r;
      const buffer = onDevice(r.buffer);
      key += `|${this.#idOf(buffer)}:${offset}:${size}`;
      return { binding: r.binding, resource: { buffer, offset, size } };
    });
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= CACHED_BIND_GROUPS) this.#groups.clear();
      group = this.device.createBindGroup({ layout: program.layout, entries });
      this.#groups.set(key, group);
    }
    return group;
  }

  #uniform(bytes: Uint8Array<ArrayBuffer>): GPUBuffer {
    const key = String.fromCharCode(...bytes);
    let buffer = this.#uniforms.get(key);
    if (buffer) return buffer;
    if (this.#uniforms.size >= CACHED_UNIFORMS) {
      this.submit(); // destroying after a submit is safe
      for (const old of this.#uniforms.values()) old.destroy();
      this.#uniforms.clear();
      this.#groups.clear();
      this.evictions++;
    }
    buffer = this.device.createBuffer({
      size: bytes.byteLength,
      usage: BufferUsage.UNIFORM,
      mappedAtCreation: true,
    });
    new Uint8Array(buffer.getMappedRange()).set(bytes);
    buffer.unmap();
    this.#uniforms.set(key, buffer);
    return buffer;
  }

  #idOf(buffer: GPUBuffer): number {
    let id = this.#ids.get(buffer);
    if (id === undefined) {
      id = this.#nextId++;
      this.#ids.set(buffer, id);
    }
    return id;
  }
}

/** The content of a program's uniform struct, as a resource. */
export const uniformResource = (program: Program, binding: number, values: UniformValues): Resource => ({
  binding,
  uniform: packUniforms(program, values),
});
