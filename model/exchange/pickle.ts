import { UserError } from "../../engine/index";
import { quote } from "../files/index";
import { OP } from "./opcodes";

/**
 * Reads Python pickles (protocols 2 to 5). A pickle is a program for a stack machine that names functions of Python's
 * modules and has them called. Here nothing of Python is called: a name is looked up in a table that the caller gives,
 * and any other name ends the reading. The opcodes are described in Python's Lib/pickletools.py.
 *
 * Python's values become: None null, bool boolean, int number (bigint beyond 2^53), float number, str string, bytes and
 * bytearray Uint8Array, list and tuple array, dict Map, set Set.
 */
export interface PickleTable {
  /** What a pickle may name, as "module name": a function that is called with its arguments, or any other value. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** What is read with this table, for the message that refuses a name. */
  readonly reads: string;
  /** What stands for an object that is kept outside of the pickle, by its id. */
  readonly persistent?: (id: unknown) => unknown;
}

/** What a function of a Python module does here. */
export type PythonCall = (args: readonly unknown[]) => unknown;

/** An object that is made in two steps: called first, then given its state. */
export interface Stateful {
  setState(state: unknown): void;
}

/** Why a pickle cannot be read. A table's functions throw it too; readPickle adds the file's name. */
export class PickleError extends Error {
  override name = "PickleError";
}

/** Values of one pickle, lists and other objects among them, and dicts and sets among these: one byte of a file can make one. */
const MAX_VALUES = 16_000_000;
const MAX_OBJECTS = 4_000_000;
const MAX_DICTS = 500_000;
/** Characters, bytes and items that calls may be given, for each byte of the file: most are given once, some twice. */
const MAX_GIVEN = 4;
const SMALL_FILE = 1 << 16;
/** Python's integers are of any length; none that is of use is longer. */
const MAX_INTEGER_BYTES = 16;

/**
 * Reads the pickle that begins at byte `begin`.
 * @returns its value, and where the bytes after it begin
 * @throws UserError in one line with the file's name; where the pickle asks for a name that is not in the table, with that
 */
export function readPickle(bytes: Uint8Array, path: string, table: PickleTable, begin = 0) {
  const machine = new PickleMachine(bytes, table, begin);
  return blaming(path, () => ({ value: machine.run(), end: machine.at }));
}

/** Runs `action`; a PickleError becomes a UserError that names the file. */
export function blaming<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    throw new UserError(`${path}: not a pickle that can be read here: ${error.message}`);
  }
}

class PickleMachine {
  readonly #stack: unknown[] = [];
  /** The stack's heights where marks were set. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  readonly #view: DataView;
  #values = 0;
  #objects = 0;
  #dicts = 0;
  #given = 0;

  /** What each instruction does, beside STOP. */
  readonly #instructions: Readonly<Record<number, () => void>> = {
    [OP.PROTO]: () => this.#take(1),
    [OP.FRAME]: () => this.#take(8),

    [OP.NONE]: () => this.#push(null),
    [OP.NEWTRUE]: () => this.#push(true),
    [OP.NEWFALSE]: () => this.#push(false),
    [OP.BININT]: () => this.#push(this.#view.getInt32(this.#take(4), true)),
    [OP.BININT1]: () => this.#push(this.#unsigned(1)),
    [OP.BININT2]: () => this.#push(this.#unsigned(2)),
    [OP.LONG1]: () => this.#push(this.#integer(this.#unsigned(1))),
    [OP.LONG4]: () => this.#push(this.#integer(this.#unsigned(4))),
    [OP.BINFLOAT]: () => this.#push(this.#view.getFloat64(this.#take(8))),

    [OP.SHORT_BINUNICODE]: () => this.#push(this.#text(this.#unsigned(1))),
    [OP.BINUNICODE]: () => this.#push(this.#text(this.#unsigned(4))),
    [OP.BINUNICODE8]: () => this.#push(this.#text(this.#unsigned(8))),
    [OP.SHORT_BINSTRING]: () => this.#push(latin1(this.#slice(this.#unsigned(1)))),
    [OP.BINSTRING]: () => this.#push(latin1(this.#slice(this.#unsigned(4)))),
    [OP.SHORT_BINBYTES]: () => this.#push(this.#slice(this.#unsigned(1))),
    [OP.BINBYTES]: () => this.#push(this.#slice(this.#unsigned(4))),
    [OP.BINBYTES8]: () => this.#push(this.#slice(this.#unsigned(8))),
    [OP.BYTEARRAY8]: () => this.#push(this.#slice(this.#unsigned(8))),

    [OP.MARK]: () => this.#marks.push(this.#stack.length),
    [OP.POP]: () => this.#pop(),
    [OP.POP_MARK]: () => this.#popMarked(),
    [OP.DUP]: () => this.#push(this.#last()),

    [OP.BINPUT]: () => this.#remember(this.#unsigned(1)),
    [OP.LONG_BINPUT]: () => this.#remember(this.#unsigned(4)),
    [OP.MEMOIZE]: () => this.#remember(this.#memo.size),
    [OP.BINGET]: () => this.#recall(this.#unsigned(1)),
    [OP.LONG_BINGET]: () => this.#recall(this.#unsigned(4)),

    [OP.EMPTY_TUPLE]: () => this.#push([]),
    [OP.TUPLE1]: () => this.#push(this.#popMany(1)),
    [OP.TUPLE2]: () => this.#push(this.#popMany(2)),
    [OP.TUPLE3]: () => this.#push(this.#popMany(3)),
    [OP.TUPLE]: () => this.#push(this.#popMarked()),
    [OP.EMPTY_LIST]: () => this.#push([]),
    [OP.APPEND]: () => this.#append([this.#pop()]),
    [OP.APPENDS]: () => this.#append(this.#popMarked()),
    [OP.EMPTY_DICT]: () => this.#push(new Map()),
    [OP.SETITEM]: () => this.#setItems(this.#popMany(2)),
    [OP.SETITEMS]: () => this.#setItems(this.#popMarked()),
    [OP.EMPTY_SET]: () => this.#push(new Set()),
    [OP.ADDITEMS]: () => this.#addItems(this.#popMarked()),
    [OP.FROZENSET]: () => this.#push(new Set(this.#popMarked())),

    [OP.GLOBAL]: () => this.#push(this.#global(this.#line(), this.#line())),
    [OP.STACK_GLOBAL]: () => {
      const [module, name] = this.#popMany(2);
      this.#push(this.#global(module, name));
    },
    [OP.REDUCE]: () => {
      const [callee, args] = this.#popMany(2);
      this.#push(this.#call(callee, args));
    },
    [OP.NEWOBJ]: () => {
      const [callee, args] = this.#popMany(2);
      this.#push(this.#call(callee, args));
    },
    [OP.INST]: () => {
      const callee = this.#global(this.#line(), this.#line());
      this.#push(this.#call(callee, this.#popMarked()));
    },
    [OP.OBJ]: () => {
      const [callee, ...args] = this.#popMarked();
      this.#push(this.#call(callee, args));
    },
    [OP.BUILD]: () => {
      const state = this.#pop();
      if (Array.isArray(state)) this.#give(state);
      setState(this.#last(), state);
    },
    [OP.BINPERSID]: () => {
      const id = this.#pop();
      if (!this.table.persistent) throw new PickleError("it refers to an object that is kept elsewhere");
      this.#push(this.table.persistent(id));
    },
  };

  constructor(
    private readonly bytes: Uint8Array,
    private readonly table: PickleTable,
    public at: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): unknown {
    for (;;) {
      const opcode = this.#unsigned(1);
      if (opcode === OP.STOP) return this.#pop();
      const instruction = this.#instructions[opcode];
      if (!instruction) {
        throw new PickleError(`opcode 0x${opcode.toString(16).padStart(2, "0")} at byte ${this.at - 1}`);
      }
      instruction();
    }
  }

  #push(value: unknown): void {
    this.#values++;
    if (typeof value === "object" && value !== null) this.#objects++;
    if (value instanceof Map || value instanceof Set) this.#dicts++;
    if (this.#values > MAX_VALUES || this.#objects > MAX_OBJECTS || this.#dicts > MAX_DICTS) {
      throw new PickleError("it holds too many values");
    }
    this.#stack.push(value);
  }

  #pop(): unknown {
    this.#expect(1);
    return this.#stack.pop();
  }

  /** The topmost values, in the order in which they were pushed. */
  #popMany(count: number): unknown[] {
    this.#expect(count);
    return this.#stack.splice(-count);
  }

  /** So many values must lie above the last mark. */
  #expect(count: number): void {
    const floor = this.#marks.at(-1) ?? 0;
    if (this.#stack.length - count < floor) throw new PickleError("it takes a value from an empty stack");
  }

  /** What was pushed since the last mark. */
  #popMarked(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new PickleError("it looks for a mark that was never set");
    return this.#stack.splice(mark);
  }

  #last(): unknown {
    if (this.#stack.length === 0) throw new PickleError("it takes a value from an empty stack");
    return this.#stack[this.#stack.length - 1];
  }

  #remember(key: number): void {
    this.#memo.set(key, this.#last());
    if (this.#memo.size > MAX_OBJECTS) throw new PickleError("it holds too many values");
  }

  #recall(key: number): void {
    if (!this.#memo.has(key)) throw new PickleError(`it recalls number ${key}, which was never stored`);
    this.#push(this.#memo.get(key));
  }

  #append(values: readonly unknown[]): void {
    const list = this.#last();
    if (!Array.isArray(list)) throw new PickleError("it appends to what is no list");
    for (const value of values) list.push(value);
  }

  #setItems(pairs: readonly unknown[]): void {
    const dict = this.#last();
    if (!(dict instanceof Map) || pairs.length % 2 !== 0) throw new PickleError("it sets items of what is no dict");
    for (let i = 0; i < pairs.length; i += 2) dict.set(pairs[i], pairs[i + 1]);
  }

  #addItems(values: readonly unknown[]): void {
    const set = this.#last();
    if (!(set instanceof Set)) throw new PickleError("it adds items to what is no set");
    for (const value of values) set.add(value);
  }

  #global(module: unknown, name: unknown): unknown {
    if (typeof module !== "string" || typeof name !== "string") throw new PickleError("it asks for what is no name");
    const key = `${module} ${name}`;
    if (Object.hasOwn(this.table.globals, key)) return this.table.globals[key];
    const dotted = `${module}.${name}`;
    const shown = /^[\w.]{1,100}$/.test(dotted) ? dotted : quote(dotted);
    throw new PickleError(`it asks for Python's ${shown}; only ${this.table.reads} are read, and nothing was run`);
  }

  #call(callee: unknown, args: unknown): unknown {
    if (typeof callee !== "function" || !Array.isArray(args)) throw new PickleError("it calls what is no function");
    this.#give(args);
    return (callee as PythonCall)(args);
  }

  /**
   * Counts what a call works through. A long list or text stands in the file once, but two bytes recall it, and a set or
   * an array could be made of it again and again.
   */
  #give(values: readonly unknown[]): void {
    const count = (length: number) => {
      this.#given += length;
      if (this.#given > MAX_GIVEN * Math.max(this.bytes.length, SMALL_FILE)) {
        throw new PickleError("it uses the same long values again and again");
      }
    };
    count(values.length);
    for (const value of values) {
      if (typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array) count(value.length);
    }
  }

  /** Passes over bytes. @returns where they begin */
  #take(length: number): number {
    const begin = this.at;
    if (length > this.bytes.length - begin) throw new PickleError("it ends too early");
    this.at += length;
    return begin;
  }

  /** A view of the file's own bytes. */
  #slice(length: number): Uint8Array {
    const begin = this.#take(length);
    return this.bytes.subarray(begin, begin + length);
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#slice(length));
  }

  #unsigned(length: 1 | 2 | 4 | 8): number {
    const begin = this.#take(length);
    if (length === 1) return this.#view.getUint8(begin);
    if (length === 2) return this.#view.getUint16(begin, true);
    if (length === 4) return this.#view.getUint32(begin, true);
    return Number(this.#view.getBigUint64(begin, true));
  }

  /** A little-endian integer in two's complement. */
  #integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) throw new PickleError(`an integer of ${length} bytes`);
    let value = 0n;
    for (const byte of this.#slice(length).toReversed()) value = (value << 8n) | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** The bytes up to a line's end, as the names of GLOBAL are written. */
  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleError("it ends too early");
    const line = this.#text(end - this.at);
    this.at = end + 1;
    return line;
  }
}

function setState(target: unknown, state: unknown): void {
  // An OrderedDict's own attributes, such as the versions that PyTorch notes in `_metadata`: nothing needs them.
  if (target instanceof Map) return;
  if (typeof target !== "object" || target === null || !("setState" in target)) {
    throw new PickleError("it gives a state to what has none");
  }
  (target as Stateful).setState(state);
}

/** Python 2's strings are bytes, each a character here. */
function latin1(bytes: Uint8Array): string {
  const PART = 8192; // as many arguments as a call takes anywhere
  let text = "";
  for (let at = 0; at < bytes.length; at += PART) text += String.fromCharCode(...bytes.subarray(at, at + PART));
  return text;
}
