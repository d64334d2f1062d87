/**
 * A protocol buffer message being written, field by field, in the order of the calls. Large contents are kept as they are
 * given, not copied. Wire format: protobuf.dev/programming-guides/encoding.
 */
export class Message {
  readonly parts: Uint8Array[] = [];
  /** In bytes. */
  length = 0;

  /** An int32, int64 or enum, of at least 0. */
  int(field: number, value: number): this {
    return this.#add(varint(field * 8 + VARINT), varint(value));
  }

  /** A repeated int64, packed into one field. */
  ints(field: number, values: readonly number[]): this {
    return this.bytes(field, Uint8Array.from(values.flatMap((value) => [...varint(value)])));
  }

  string(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  bytes(field: number, content: Uint8Array): this {
    return this.#add(varint(field * 8 + LENGTH), varint(content.length), content);
  }

  /** A message within this one. */
  message(field: number, inner: Message): this {
    return this.#add(varint(field * 8 + LENGTH), varint(inner.length), ...inner.parts);
  }

  #add(...parts: readonly Uint8Array[]): this {
    for (const part of parts) {
      this.parts.push(part);
      this.length += part.length;
    }
    return this;
  }
}

const VARINT = 0;
const LENGTH = 2;

/** Seven bits a byte, the lowest first; the top bit says that another follows. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}
