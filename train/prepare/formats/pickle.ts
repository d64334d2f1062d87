import { UserError } from "../../../engine/errors";

/**
 * Reads Python pickles (protocols 2 to 5) of plain values and numpy arrays: dicts (as Map), lists, tuples, numbers, texts,
 * bytes, None, booleans; an array becomes nested lists of numbers. A pickle is a program for a stack machine: only the
 * names in CALLS are ever "called", and each of them is a function below.
 * @throws UserError for anything else, naming the file
 */
export function readPickle(data: Buffer, path: string): unknown {
  return new Unpickler(data, path).run();
}

/** What a name of a Python module does here. */
type Call = (...args: unknown[]) => unknown;

const emptyArray: Call = () => new PickledArray();
const CALLS: Readonly<Record<string, Call>> = {
  "numpy.core.multiarray _reconstruct": emptyArray,
  "numpy._core.multiarray _reconstruct": emptyArray,
  "numpy.core.multiarray scalar": (type, bytes) => numbers(type as Dtype, bytes as Buffer)[0],
  "numpy._core.multiarray scalar": (type, bytes) => numbers(type as Dtype, bytes as Buffer)[0],
  "numpy dtype": (code) => new Dtype(String(code)),
  "numpy ndarray": emptyArray,
  // Python 3 writes bytes so in protocol 2.
  "_codecs encode": (text) => Buffer.from(String(text), "latin1"),
};

class Dtype {
  bigEndian = false;
  constructor(readonly code: string) {}
}

/** An array before and after its state is set. */
class PickledArray {
  values: unknown = [];

  /** @param state (version, shape, dtype, is in Fortran order, bytes) */
  build([, shape, type, fortran, bytes]: [unknown, number[], Dtype, boolean, Buffer]): void {
    if (fortran && shape.length > 1) throw new Error("an array in Fortran order");
    const flat = numbers(type, bytes);
    const nest = (at: number, axis: number): unknown => {
      if (axis === shape.length) return flat[at];
      const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      return Array.from({ length: shape[axis] }, (_, i) => nest(at + i * stride, axis + 1));
    };
    this.values = nest(0, 0);
  }
}

function numbers({ code, bigEndian }: Dtype, bytes: Buffer): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const readers: Record<string, [number, (at: number) => number]> = {
    f8: [8, (at) => view.getFloat64(at, !bigEndian)],
    f4: [4, (at) => view.getFloat32(at, !bigEndian)],
    i8: [8, (at) => Number(view.getBigInt64(at, !bigEndian))],
    i4: [4, (at) => view.getInt32(at, !bigEndian)],
    u1: [1, (at) => view.getUint8(at)],
    b1: [1, (at) => view.getUint8(at)],
  };
  const reader = readers[code.replace(/^[<>|=]/, "")];
  if (!reader) throw new Error(`arrays of type ${code}`);
  const [size, read] = reader;
  return Array.from({ length: bytes.length / size }, (_, i) => read(i * size));
}

const MARK = Symbol("mark");

class Unpickler {
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #at = 0;

  constructor(
    private readonly data: Buffer,
    private readonly path: string,
  ) {}

  run(): unknown {
    try {
      for (;;) {
        const op = this.data.readUInt8(this.#at++);
        if (op === 0x2e) return plain(this.#stack.pop()); // STOP
        this.#step(op);
      }
    } catch (error) {
      const reason = error instanceof RangeError ? "it ends too early" : (error as Error).message;
      throw new UserError(
        `${this.path}: not a pickle that can be read here: ${reason} (a .json of the same name will do)`,
      );
    }
  }

  #take(bytes: number): Buffer {
    if (this.#at + bytes > this.data.length) throw new RangeError();
    return this.data.subarray(this.#at, (this.#at += bytes));
  }

  #unsigned(bytes: 1 | 2 | 4 | 8): number {
    const taken = this.#take(bytes);
    return bytes === 8 ? Number(taken.readBigUInt64LE()) : taken.readUIntLE(0, bytes);
  }

  #line(): string {
    const end = this.data.indexOf(0x0a, this.#at);
    if (end < 0) throw new RangeError();
    return this.#take(end + 1 - this.#at)
      .toString("utf8")
      .slice(0, -1);
  }

  /** What was pushed since the last mark. */
  #marked(): unknown[] {
    const at = this.#stack.lastIndexOf(MARK);
    return this.#stack.splice(at).slice(1);
  }

  #tuple(length: number): void {
    this.#stack.push(this.#stack.splice(this.#stack.length - length));
  }

  #global(name: string): void {
    const call = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
    if (!call) throw new Error(`it asks for Python's ${name.replace(" ", ".")}`);
    this.#stack.push(call);
  }

  #step(op: number): void {
    const stack = this.#stack;
    const last = () => stack.at(-1);
    const fill = (values: unknown[]) => {
      for (let i = 0; i < values.length; i += 2) (last() as Map<unknown, unknown>).set(plain(values[i]), values[i + 1]);
    };
    switch (String.fromCharCode(op)) {
      case "\x80": // PROTO
        this.#take(1);
        break;
      case "\x95": // FRAME
        this.#take(8);
        break;
      case "(":
        stack.push(MARK);
        break;
      case "}":
        stack.push(new Map());
        break;
      case "]":
      case ")":
        stack.push([]);
        break;
      case "N":
        stack.push(null);
        break;
      case "\x88":
        stack.push(true);
        break;
      case "\x89":
        stack.push(false);
        break;
      case "K":
        stack.push(this.#unsigned(1));
        break;
      case "M":
        stack.push(this.#unsigned(2));
        break;
      case "J":
        stack.push(this.#take(4).readInt32LE());
        break;
      case "\x8a": {
        const bytes = this.#take(this.#unsigned(1)); // LONG1
        stack.push(bytes.length === 0 ? 0 : bytes.readIntLE(0, bytes.length));
        break;
      }
      case "G":
        stack.push(this.#take(8).readDoubleBE());
        break;
      case "U": // SHORT_BINSTRING, of Python 2
      case "C":
        stack.push(this.#take(this.#unsigned(1)));
        break;
      case "T":
      case "B":
        stack.push(this.#take(this.#unsigned(4)));
        break;
      case "\x8e":
        stack.push(this.#take(this.#unsigned(8)));
        break;
      case "\x8c":
        stack.push(this.#take(this.#unsigned(1)).toString("utf8"));
        break;
      case "X":
        stack.push(this.#take(this.#unsigned(4)).toString("utf8"));
        break;
      case "q":
        this.#memo.set(this.#unsigned(1), last());
        break;
      case "r":
        this.#memo.set(this.#unsigned(4), last());
        break;
      case "\x94":
        this.#memo.set(this.#memo.size, last());
        break;
      case "h":
        stack.push(this.#memo.get(this.#unsigned(1)));
        break;
      case "j":
        stack.push(this.#memo.get(this.#unsigned(4)));
        break;
      case "t":
        stack.push(this.#marked());
        break;
      case "\x85":
        this.#tuple(1);
        break;
      case "\x86":
        this.#tuple(2);
        break;
      case "\x87":
        this.#tuple(3);
        break;
      case "a": {
        const value = stack.pop();
        (last() as unknown[]).push(value);
        break;
      }
      case "e": {
        const values = this.#marked();
        (last() as unknown[]).push(...values);
        break;
      }
      case "s":
        fill(stack.splice(-2));
        break;
      case "u":
        fill(this.#marked());
        break;
      case "c":
        this.#global(`${this.#line()} ${this.#line()}`);
        break;
      case "\x93": {
        const [module, name] = stack.splice(-2);
        this.#global(`${module} ${name}`);
        break;
      }
      case "R": {
        const [call, args] = stack.splice(-2) as [Call, unknown[]];
        stack.push(call(...args));
        break;
      }
      case "b": {
        const state = stack.pop() as unknown[];
        const target = last();
        if (target instanceof PickledArray) target.build(state as Parameters<PickledArray["build"]>[0]);
        else if (target instanceof Dtype) target.bigEndian = String(state[1]) === ">";
        else throw new Error("an object with a state");
        break;
      }
      default:
        throw new Error(`opcode ${JSON.stringify(String.fromCharCode(op))} at byte ${this.#at - 1}`);
    }
  }
}

/** Arrays as nested lists, Python 2's strings as texts, all the way down. */
function plain(value: unknown): unknown {
  if (value instanceof PickledArray) return value.values;
  if (Buffer.isBuffer(value)) return value.toString("latin1");
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, v]) => [key, plain(v)]));
  return value;
}
