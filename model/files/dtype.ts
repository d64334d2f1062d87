/** Bytes of one element of each dtype that can be read. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** The most axes that a tensor of numpy or PyTorch can have, and that are read here. */
export const MAX_AXES = 64;

/** An element type, as safetensors names it. */
export type Dtype = keyof typeof DTYPE_BYTES;

/** Values of one dtype: a typed array where JavaScript has the type, numbers where not. */
export type Elements = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | ArrayLike<number>;

/** The elements of a tensor's bytes, all of their buffer: a view where JavaScript has the type, else converted to numbers. */
export function elements(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): Elements {
  const { buffer } = bytes;
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return new Float64Array(buffer);
    case "F16":
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case "BF16":
      // A bfloat16 is the upper half of a float32.
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case "BOOL":
      return bytes.map((byte) => (byte ? 1 : 0));
    case "U8":
      return bytes;
    case "I8":
      return new Int8Array(buffer);
    case "U16":
      return new Uint16Array(buffer);
    case "I16":
      return new Int16Array(buffer);
    case "U32":
      return new Uint32Array(buffer);
    case "I32":
      return new Int32Array(buffer);
    case "U64":
      return Array.from(new BigUint64Array(buffer), Number);
    case "I64":
      return Array.from(new BigInt64Array(buffer), Number);
  }
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** As float32: the same array where it is one, else rounded to nearest where a value must be. */
export function toFloat32(values: Elements): Float32Array<ArrayBuffer> {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
