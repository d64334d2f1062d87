/** The bytes of files, wherever they come from: safetensors, element types, sources that are read in parts. */

export { type ByteSource, memorySource } from "./byte-source";
export { DTYPE_BYTES, type Dtype, type Elements, elements, MAX_AXES } from "./dtype";
export { quote } from "./quote";
export { decodeSafetensors, encodeSafetensors, type NamedArray, SafetensorsFile } from "./safetensors-format";
