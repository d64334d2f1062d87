import type { Dtype } from "../files/index";
import { NUMPY_GLOBALS } from "./numpy";
import { PickleError, type PythonCall } from "./pickle";
import { ElementType, TorchStorage } from "./torch-storage";
import { TorchTensor } from "./torch-tensor";

const STORAGES: Readonly<Record<string, Dtype>> = {
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  DoubleStorage: "F64",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

const ELEMENTS: Readonly<Record<string, Dtype>> = {
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  float64: "F64",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  uint16: "U16",
  uint32: "U32",
  uint64: "U64",
  bool: "BOOL",
};

/** A name that may stand in a file, but of which nothing is needed. */
const INERT = Symbol("of no use here");

/**
 * All that a file of torch.save may name: what state dicts are made of, and what training checkpoints commonly keep
 * beside them. For a PickleTable.
 * @param maxBytes float32 bytes that the tensors may take together: many views of one storage, or a stride of 0, could
 *   otherwise blow up a small file
 */
export function torchGlobals(maxBytes: number): Record<string, unknown> {
  let bytes = 0;
  const tensor = (...view: ConstructorParameters<typeof TorchTensor>): TorchTensor => {
    const made = new TorchTensor(...view);
    bytes += 4 * made.size;
    if (bytes > maxBytes) throw new PickleError("its tensors would take many times more memory than the file has");
    return made;
  };
  /** (storage, offset, size, stride, ...); version 2 adds requires_grad, hooks and flags. */
  const rebuild: PythonCall = ([storage, offset, size, stride, , , flags]) => {
    expectPlain(flags);
    return tensor(storage, offset, size, stride);
  };
  /** Version 3, of a storage without a type: the element type is the seventh argument. */
  const rebuildTyped: PythonCall = ([storage, offset, size, stride, , , type, flags]) => {
    if (!(storage instanceof TorchStorage) || !(type instanceof ElementType)) {
      throw new PickleError("a tensor without an element type");
    }
    expectPlain(flags);
    return tensor(storage.as(type.dtype), offset, size, stride);
  };
  /** (function, type, its arguments, the tensor's own attributes) */
  const rebuildFromType: PythonCall = ([build, , args]) => {
    const known = [rebuild, rebuildTyped].find((call) => call === build);
    if (!known || !Array.isArray(args)) throw new PickleError("a tensor of a class that is not read here");
    return known(args);
  };
  return {
    ...CONSTANT_GLOBALS,
    "torch._utils _rebuild_tensor": rebuild,
    "torch._utils _rebuild_tensor_v2": rebuild,
    "torch._utils _rebuild_tensor_v3": rebuildTyped,
    "torch._tensor _rebuild_from_type_v2": rebuildFromType,
  };
}

/** A dict that says "conj" or "neg": the storage then holds the values conjugated, or negated. */
function expectPlain(flags: unknown): void {
  if (flags instanceof Map && flags.size > 0) throw new PickleError("a view that negates or conjugates its storage");
}

function named(module: string, dtypes: Readonly<Record<string, Dtype>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(dtypes).map(([name, dtype]) => [`${module} ${name}`, new ElementType(dtype)]),
  );
}

/** Types that a defaultdict makes its values with, and sets, which the older protocols build by a call. */
function builtins(module: string): Record<string, unknown> {
  const inert = ["dict", "list", "tuple", "int", "long", "float", "bool"].map((name) => [`${module} ${name}`, INERT]);
  const set: PythonCall = ([items]) => new Set(Array.isArray(items) ? items : []);
  return { ...Object.fromEntries(inert), [`${module} set`]: set, [`${module} frozenset`]: set };
}

/** Python 2 gives the items as a list of pairs, Python 3 sets them afterwards. */
const orderedDict: PythonCall = ([pairs]) => {
  if (pairs === undefined) return new Map();
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new PickleError("an OrderedDict of what are no pairs");
  }
  return new Map(pairs as [unknown, unknown][]);
};

const counter: PythonCall = ([counts]) => (counts instanceof Map ? counts : new Map());

const first: PythonCall = ([value]) => value;

/** Those that are the same for every file. */
const CONSTANT_GLOBALS: Readonly<Record<string, unknown>> = {
  ...NUMPY_GLOBALS,
  ...named("torch", STORAGES),
  ...named("torch", ELEMENTS),
  "torch.storage UntypedStorage": new ElementType("U8"),
  "torch._utils _rebuild_parameter": first,
  "torch._utils _rebuild_parameter_with_state": first,
  "torch Tensor": INERT,
  "torch.nn.parameter Parameter": INERT,
  "torch Size": first,
  "torch device": (() => null) satisfies PythonCall,
  "collections OrderedDict": orderedDict,
  "collections Counter": counter,
  "collections defaultdict": (() => new Map()) satisfies PythonCall,
  ...builtins("builtins"),
  ...builtins("__builtin__"),
};
