import { Message } from "./protobuf";

/** An axis: its length, or a name where it may be of any. */
export type Dimension = number | string;
/** A node's setting: a whole number, or a list of them. */
export type Attribute = number | readonly number[];

/** ONNX operators of this version are written; it runs in onnxruntime 1.12 (2022) and later. */
const OPSET = 17;
/** The file format that came with that version. */
const IR_VERSION = 8;

/** Numbers of the fields in onnx.proto that are written here. */
const MODEL = { irVersion: 1, producer: 2, graph: 7, opset: 8, metadata: 14 };
const OPERATOR_SET = { version: 2 };
const PROPERTY = { key: 1, value: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, name: 3, op: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, int: 3, ints: 8, type: 20 };
const ATTRIBUTE_TYPE = { int: 2, ints: 7 };
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR_TYPE = { element: 1, shape: 2 };
const SHAPE = { dimension: 1 };
const DIMENSION = { value: 1, parameter: 2 };
/** TensorProto.DataType. */
const FLOAT = 1;
const INT64 = 7;

/** An ONNX graph being built: nodes in the order in which they run, each naming the values that it reads and makes. */
export class OnnxGraph {
  readonly #graph = new Message();

  constructor(name: string) {
    this.#graph.string(GRAPH.name, name);
  }

  /** One operator. @returns `output`, the name of what it makes */
  node(op: string, inputs: readonly string[], output: string, attributes: Record<string, Attribute> = {}): string {
    const node = new Message();
    for (const input of inputs) node.string(NODE.input, input);
    node.string(NODE.output, output).string(NODE.name, output).string(NODE.op, op);
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = new Message().string(ATTRIBUTE.name, name);
      if (typeof value === "number") attribute.int(ATTRIBUTE.int, value).int(ATTRIBUTE.type, ATTRIBUTE_TYPE.int);
      else attribute.ints(ATTRIBUTE.ints, value).int(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints);
      node.message(NODE.attribute, attribute);
    }
    this.#graph.message(GRAPH.node, node);
    return output;
  }

  /** A constant float32 tensor. @returns its name */
  floats(name: string, shape: readonly number[], data: Float32Array): string {
    return this.#constant(name, shape, FLOAT, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  /** A constant list of whole numbers. @returns its name */
  integers(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant(name, [values.length], INT64, new Uint8Array(data.buffer));
  }

  #constant(name: string, shape: readonly number[], type: number, raw: Uint8Array): string {
    const tensor = new Message().ints(TENSOR.dims, shape).int(TENSOR.type, type);
    this.#graph.message(GRAPH.initializer, tensor.string(TENSOR.name, name).bytes(TENSOR.raw, raw));
    return name;
  }

  /** A float32 tensor that the caller gives. @returns its name */
  input(name: string, shape: readonly Dimension[]): string {
    this.#graph.message(GRAPH.input, describe(name, shape));
    return name;
  }

  /** A value, float32, that the caller gets. */
  output(name: string, shape: readonly Dimension[]): void {
    this.#graph.message(GRAPH.output, describe(name, shape));
  }

  /** The whole model file in consecutive pieces. @param metadata texts by key, for whoever reads the file */
  encode(producer: string, metadata: Readonly<Record<string, string>>): Uint8Array[] {
    const model = new Message().int(MODEL.irVersion, IR_VERSION).string(MODEL.producer, producer);
    model.message(MODEL.opset, new Message().int(OPERATOR_SET.version, OPSET));
    for (const [key, value] of Object.entries(metadata)) {
      model.message(MODEL.metadata, new Message().string(PROPERTY.key, key).string(PROPERTY.value, value));
    }
    return model.message(MODEL.graph, this.#graph).parts;
  }
}

function describe(name: string, shape: readonly Dimension[]): Message {
  const dimensions = new Message();
  for (const length of shape) {
    const dimension = new Message();
    if (typeof length === "number") dimension.int(DIMENSION.value, length);
    else dimension.string(DIMENSION.parameter, length);
    dimensions.message(SHAPE.dimension, dimension);
  }
  const tensor = new Message().int(TENSOR_TYPE.element, FLOAT).message(TENSOR_TYPE.shape, dimensions);
  return new Message().string(VALUE.name, name).message(VALUE.type, new Message().message(TYPE.tensor, tensor));
}
