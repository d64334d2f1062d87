import { MAX_AXES } from "../files/index";
import { PickleError, type PythonCall, type Stateful } from "./pickle";

/** How one element of each kind of numpy array is read. */
const ELEMENTS: Readonly<
  Record<string, [bytes: number, read: (view: DataView, at: number, little: boolean) => number]>
> = {
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  i1: [1, (view, at) => view.getInt8(at)],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  u1: [1, (view, at) => view.getUint8(at)],
  b1: [1, (view, at) => view.getUint8(at)],
};

/** A numpy element type, such as "<f8". */
class NumpyDtype implements Stateful {
  #little = true;

  constructor(private readonly code: string) {}

  /** @param state (version, byte order, ...) */
  setState(state: unknown): void {
    this.#little = !Array.isArray(state) || state[1] !== ">";
  }

  numbers(bytes: Uint8Array): number[] {
    const code = this.code.replace(/^[<>|=]/, "");
    if (!Object.hasOwn(ELEMENTS, code)) throw new PickleError("a numpy array of a type that is not read here");
    const [size, read] = ELEMENTS[code];
    if (bytes.length % size !== 0) throw new PickleError("a numpy array of half an element");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: bytes.length / size }, (_, i) => read(view, i * size, this.#little));
  }
}

/** A pickled numpy array. Its numbers are read only when asked for. */
export class NumpyArray implements Stateful {
  #state: readonly unknown[] = [];

  /** @param state (version, shape, dtype, whether in Fortran order, the elements' bytes) */
  setState(state: unknown): void {
    if (!Array.isArray(state)) throw new PickleError("a numpy array without a state");
    this.#state = state;
  }

  /** The array as nested lists. @throws PickleError where it is not one of numbers, row by row */
  toLists(): unknown {
    const [, shape, type, fortran, data] = this.#state;
    if (!Array.isArray(shape) || shape.length > MAX_AXES || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
      throw new PickleError("a numpy array without a shape");
    }
    if (fortran && shape.length > 1) throw new PickleError("a numpy array in Fortran order");
    const flat = numbersOf(type, data);
    if (shape.reduce((product, n) => product * n, 1) !== flat.length) {
      throw new PickleError(`a numpy array of shape (${shape.join(", ")}) with ${flat.length} elements`);
    }
    const nest = (at: number, axis: number): unknown => {
      if (axis === shape.length) return flat[at];
      const stride = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
      return Array.from({ length: shape[axis] }, (_, i) => nest(at + i * stride, axis + 1));
    };
    return flat.length === 0 ? [] : nest(0, 0);
  }
}

function numbersOf(type: unknown, data: unknown): number[] {
  if (!(type instanceof NumpyDtype)) throw new PickleError("numpy data without a type");
  const bytes = typeof data === "string" ? encodeLatin1([data]) : data;
  if (!(bytes instanceof Uint8Array)) throw new PickleError("numpy data without bytes");
  return type.numbers(bytes);
}

function encodeLatin1([text]: readonly unknown[]): Uint8Array {
  if (typeof text !== "string") throw new PickleError("numpy data without bytes");
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const noBytes: PythonCall = () => new Uint8Array(0);

const dtype: PythonCall = ([code]) => {
  if (typeof code !== "string") throw new PickleError("a numpy type without a name");
  return new NumpyDtype(code);
};

const emptyArray: PythonCall = () => new NumpyArray();
const scalar: PythonCall = ([type, data]) => numbersOf(type, data)[0];
const fromBuffer: PythonCall = ([data, type, shape, order]) => {
  const array = new NumpyArray();
  array.setState([1, shape, type, order === "F", data]);
  return array;
};

/** What pickles of numpy's arrays and scalars name; numpy 2 has moved it to `numpy._core`. For a PickleTable. */
export const NUMPY_GLOBALS: Readonly<Record<string, unknown>> = {
  "numpy dtype": dtype,
  "numpy ndarray": emptyArray,
  "numpy.core.multiarray _reconstruct": emptyArray,
  "numpy._core.multiarray _reconstruct": emptyArray,
  "numpy.core.multiarray scalar": scalar,
  "numpy._core.multiarray scalar": scalar,
  "numpy.core.numeric _frombuffer": fromBuffer,
  "numpy._core.numeric _frombuffer": fromBuffer,
  // Python 3 writes bytes so in protocol 2, and no bytes as a call of their class.
  "_codecs encode": encodeLatin1,
  "__builtin__ bytes": noBytes,
};
