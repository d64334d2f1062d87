import type { Dtype } from "../files/index";

/** Tensors by name, as a file holds them; each is read when asked for. SafetensorsFile is one too. */
export interface NamedTensors {
  readonly names: readonly string[];
  /** @throws UserError naming the file for an unknown tensor */
  shape(name: string): readonly number[];
  /** How the file holds its values. @throws UserError as `shape` does */
  dtype(name: string): Dtype;
  /** Values as float32, row-major. May share memory with other tensors of the file: to be read only. */
  f32(name: string): Float32Array<ArrayBuffer>;
}
