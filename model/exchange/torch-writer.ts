import { OP } from "./opcodes";
import { encodeZip } from "./zip-writer";

/** A parameter to be written, row-major. */
export interface NamedFloats {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * A state dict as torch.save writes it since PyTorch 1.6: a zip archive whose `data.pkl` makes an OrderedDict of float32
 * tensors, each looking into a storage of its own, `data/0`, `data/1`, ... Loads with `weights_only=True` too.
 * @returns the file in consecutive pieces; the tensors are not copied
 * @throws Error for two tensors of one name, one whose shape does not hold its values, and for more than 4 GB
 */
export function encodeTorchFile(tensors: readonly NamedFloats[], folder = "weights"): Uint8Array[] {
  const odd = tensors.find(({ shape, data }) => sizeOf(shape) !== data.length);
  if (odd) throw new Error(`tensor "${odd.name}": shape [${odd.shape}] does not hold ${odd.data.length} values`);
  if (new Set(tensors.map(({ name }) => name)).size < tensors.length) throw new Error("two tensors have the same name");
  const text = new TextEncoder();
  return encodeZip([
    { name: `${folder}/data.pkl`, content: statePickle(tensors) },
    { name: `${folder}/byteorder`, content: text.encode("little") },
    ...tensors.map(({ data }, key) => ({
      name: `${folder}/data/${key}`,
      content: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    { name: `${folder}/version`, content: text.encode("3\n") },
  ]);
}

/** A program of the pickle machine, protocol 2, that leaves the dict on its stack. */
function statePickle(tensors: readonly NamedFloats[]): Uint8Array {
  const items = tensors.flatMap(({ name, shape, data }, key) => {
    const storage = [
      ...tuple(str("storage"), global("torch", "FloatStorage"), str(`${key}`), str("cpu"), int(data.length)),
      OP.BINPERSID,
    ];
    const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
    return [
      ...str(name),
      // (storage, offset, size, stride, requires_grad, hooks)
      ...call(
        global("torch._utils", "_rebuild_tensor_v2"),
        storage,
        int(0),
        tuple(...shape.map(int)),
        tuple(...strides.map(int)),
        [OP.NEWFALSE],
        ORDERED_DICT,
      ),
    ];
  });
  return Uint8Array.from([OP.PROTO, 2, ...ORDERED_DICT, OP.MARK, ...items, OP.SETITEMS, OP.STOP]);
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];
const int = (value: number): number[] => [OP.BININT, ...int32(value)];
const int32 = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);
const str = (text: string): number[] => [OP.BINUNICODE, ...int32(bytes(text).length), ...bytes(text)];
const global = (module: string, name: string): number[] => [OP.GLOBAL, ...bytes(`${module}\n${name}\n`)];
const tuple = (...items: readonly number[][]): number[] => [OP.MARK, ...items.flat(), OP.TUPLE];
const call = (callee: readonly number[], ...args: readonly number[][]): number[] => [
  ...callee,
  ...tuple(...args),
  OP.REDUCE,
];
const ORDERED_DICT = call(global("collections", "OrderedDict"));
