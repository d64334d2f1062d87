/** What a tensor's elements are stored as. Kernels compute in float32 either way. */
export type Dtype = "f32" | "f16";

/** Bytes of so many elements, a multiple of 4: what WebGPU copies and clears come in. */
export const bytesOf = (size: number, dtype: Dtype): number => (dtype === "f16" ? 4 * Math.ceil(size / 2) : 4 * size);
