import type { Dtype } from "../dtype";

/** Tensors by name, as a file holds them; each is read when asked for. SafetensorsFile is one too. */
export interface NamedTensors {
  readonly names: readonly string[];
  shape(name: string): readonly number[];
  dtype(name: string): Dtype;
  /** Values as float32, row-major. May share memory with other tensors of the file: to be read only. */
  f32(name: string): Float32Array<ArrayBuffer>;
}
