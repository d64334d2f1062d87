import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import {
  decodeSafetensors,
  encodeSafetensors,
  type NamedArray,
  readSafetensors,
  writeSafetensors,
} from "../../../model/files/safetensors";
import { sharedFile } from "../../helpers/shared";

const test = suite("safetensors");
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "nsrm-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const tensors: NamedArray[] = [
  { name: "b.weight", shape: [2, 3], data: new Float32Array([1, -2, 3.5, 0.1, Number.NaN, Number.POSITIVE_INFINITY]) },
  { name: "a", shape: [], data: new Float64Array([Math.PI]) },
  { name: "odd", shape: [3], data: new Uint8Array([7, 0, 255]) },
  { name: "empty", shape: [0, 4], data: new Float32Array(0) },
  { name: "int", shape: [2], data: new Int32Array([-5, 2 ** 31 - 1]) },
  { name: "long", shape: [1], data: new BigInt64Array([-(2n ** 40n)]) },
  { name: "7", shape: [1], data: new Float32Array([7]) },
];

/** A file of this header text and this many (zero) data bytes. */
function handMade(header: string | Uint8Array, dataBytes: number, statedLength?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, statedLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function refused(bytes: Uint8Array, ...parts: string[]): void {
  try {
    decodeSafetensors(bytes, "x.safetensors");
  } catch (error) {
    assert.instance(error, UserError);
    const { message } = error as Error;
    for (const part of ["x.safetensors", ...parts]) assert.ok(message.includes(part), `"${part}" in: ${message}`);
    assert.not.ok(message.includes("\n"), message);
    return;
  }
  assert.unreachable(`accepted, though: ${parts.join(", ")}`);
}

test("what is written is read back, bit for bit, through a file", async () => {
  const path = join(folder, "round.safetensors");
  await writeSafetensors(path, tensors, { kind: "test", ключ: '"quoted"\n' });
  const file = readSafetensors(path);
  assert.equal(file.metadata, { kind: "test", ключ: '"quoted"\n' });
  assert.equal([...file.names].sort(), tensors.map((t) => t.name).sort());
  for (const { name, shape, data } of tensors) {
    assert.equal(file.shape(name), shape);
    assert.equal(file.bytes(name), new Uint8Array(data.buffer.slice(0)), name);
  }
  assert.equal([...file.f32("b.weight")], [...(tensors[0].data as Float32Array)]);
  assert.equal(file.f64("a"), tensors[1].data);
  assert.is(file.f32("a")[0], Math.fround(Math.PI));
  assert.equal(file.f64("int"), new Float64Array([-5, 2 ** 31 - 1]));
  assert.is(file.f64("long")[0], -(2 ** 40));
  assert.is(file.dtype("odd"), "U8");
  assert.not(file.has("nothing"));
  assert.throws(
    () => file.f32("nothing"),
    (e: Error) => e instanceof UserError && e.message.includes('no tensor "nothing"'),
  );
});

test("bytes do not depend on the order of tensors or metadata, and tensors lie aligned", () => {
  const one = Buffer.concat(encodeSafetensors(tensors, { a: "1", b: "2" }));
  const other = Buffer.concat(encodeSafetensors([...tensors].reverse(), { b: "2", a: "1" }));
  assert.ok(one.equals(other));
  const headerBytes = Number(one.readBigUInt64LE(0));
  assert.is(headerBytes % 8, 0);
  const header = JSON.parse(one.toString("utf8", 8, 8 + headerBytes));
  assert.is(header["b.weight"].data_offsets[0] % 4, 0);
  assert.is(header["a"].data_offsets[0] % 8, 0);
});

test("a view of a larger array writes its own part only", () => {
  const arena = new Float32Array([1, 2, 3, 4]);
  const [, bytes] = encodeSafetensors([{ name: "x", shape: [2], data: arena.subarray(1, 3) }]);
  assert.equal(new Float32Array(bytes.slice().buffer), new Float32Array([2, 3]));
});

test("half precision, bfloat16 and booleans become numbers", () => {
  const header =
    '{"h":{"dtype":"F16","shape":[7],"data_offsets":[0,14]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[14,18]},' +
    '"t":{"dtype":"BOOL","shape":[2],"data_offsets":[18,20]}}';
  const bytes = handMade(header, 20);
  // 1.5, -2, the largest half, the smallest subnormal, -0, infinity, NaN; then 1 and -3.140625 in bfloat16.
  const halves = [0x3e00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00, 0x3f80, 0xc049];
  const view = new DataView(bytes.buffer, 8 + header.length);
  halves.forEach((bits, i) => {
    view.setUint16(2 * i, bits, true);
  });
  view.setUint8(19, 1);
  const file = decodeSafetensors(bytes, "x");
  assert.equal([...file.f64("h")], [1.5, -2, 65504, 2 ** -24, -0, Number.POSITIVE_INFINITY, Number.NaN]);
  assert.ok(Object.is(file.f32("h")[4], -0));
  assert.equal([...file.f32("b")], [1, -3.140625]);
  assert.equal([...file.f32("t")], [0, 1]);
});

test("torn and hostile files are refused, naming the file and the tensor", () => {
  const whole = Buffer.concat(encodeSafetensors(tensors));
  for (let length = 0; length < whole.length; length++) refused(whole.subarray(0, length));
  refused(Buffer.concat([whole, new Uint8Array(5)]), "5 bytes at its end");

  const f32 = (name: string, shape: string, offsets: string) =>
    `"${name}":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`;
  const ok = `{${f32("x", "[2]", "[0,8]")}}`;
  assert.equal(decodeSafetensors(handMade(`${ok}   `, 8), "x").names, ["x"]);

  refused(handMade(ok, 8, 2n ** 63n), "header should have 9223372036854775808 bytes");
  refused(handMade(ok, 8, 1000n), "1000 bytes");
  refused(new Uint8Array(3), "3 bytes");
  refused(handMade("no JSON!", 0), "not JSON");
  refused(handMade(new Uint8Array([0x7b, 0xff, 0x7d]), 0), "not JSON");
  refused(handMade("[1]", 0), "not a JSON object");
  refused(handMade(`{${f32("x", "[2]", "[0,8]")},${f32("x", "[2]", "[8,16]")}}`, 16), '"x" twice');
  refused(handMade(`{${f32("x", "[2]", "[0,8]")},${f32("\\u0078", "[2]", "[8,16]")}}`, 16), '"x" twice');
  refused(handMade('{"x":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}', 8), '"shape" twice');
  refused(handMade('{"__metadata__":{"n":1}}', 0), "__metadata__", '"n"');
  refused(handMade('{"__metadata__":"s"}', 0), "__metadata__");
  refused(handMade('{"x":3}', 0), '"x"');
  refused(handMade('{"x":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}', 4), '"x"', '"F99"', "F32");
  refused(handMade('{"x":{"dtype":"toString","shape":[1],"data_offsets":[0,4]}}', 4), '"x"', "dtype");
  refused(handMade(`{${f32("x", "[-2]", "[0,8]")}}`, 8), '"x"', "shape");
  refused(handMade(`{${f32("x", "[1.5]", "[0,6]")}}`, 6), '"x"', "shape");
  refused(handMade(`{${f32("x", `[${Array(65).fill(1)}]`, "[0,4]")}}`, 4), '"x"', "shape", "64");
  refused(handMade('{"x":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}', 4), '"x"', "dtype number");
  refused(handMade(`{${f32("\u009b2J", "[1]", "[0,5]")}}`, 5), '"\\u009b2J"');
  refused(handMade(`{${f32("x", "[3]", "[0,8]")}}`, 8), '"x"', "F32 [3] takes 12 bytes", "8");
  refused(handMade(`{${f32("x", "[9007199254740991,9007199254740991]", "[0,8]")}}`, 8), '"x"', "takes");
  refused(handMade(`{${f32("x", "[2]", "[8,0]")}}`, 8), '"x"', "data_offsets");
  refused(handMade(`{${f32("x", "[2]", "[0,8,9]")}}`, 8), '"x"', "data_offsets");
  refused(handMade(`{${f32("x", "[2]", "[4,12]")}}`, 8), '"x"', "byte 12");
  refused(handMade(`{${f32("x", "[2]", "[4,12]")}}`, 12), '"x"', "4 bytes before it");
  refused(handMade(`{${f32("x", "[2]", "[0,8]")},${f32("y", "[2]", "[4,12]")}}`, 12), '"y"', 'overlaps tensor "x"');
  refused(handMade(`{${f32("line\\nbreak", "[3]", "[0,8]")}}`, 8), '"line\\nbreak"');
});

test("absent files, folders and files replaced while in use are refused", async () => {
  const throwsUser = (run: () => unknown, part: string) =>
    assert.throws(run, (e: Error) => e instanceof UserError && e.message.includes(part));
  throwsUser(() => readSafetensors(join(folder, "absent")), "no such file");
  throwsUser(() => readSafetensors(folder), "not a regular file");
  const path = join(folder, "replaced.safetensors");
  await writeSafetensors(path, tensors);
  const file = readSafetensors(path);
  await writeSafetensors(path, [{ name: "b.weight", shape: [6], data: new Float32Array(6) }]);
  throwsUser(() => file.f32("b.weight"), "changed while it was being read");
});

test("tensors that contradict themselves are not written", () => {
  const x = { name: "x", shape: [2], data: new Float32Array(2) };
  assert.throws(() => encodeSafetensors([{ ...x, shape: [3] }]), /does not hold 2 values/);
  assert.throws(() => encodeSafetensors([x, x]), /same name/);
  assert.throws(() => encodeSafetensors([{ ...x, name: "__metadata__" }]), /reserved/);
});

test("a file of the original's numbers is read, tensor by tensor", () => {
  const path = sharedFile("golden/masks.safetensors");
  if (!path) return;
  const file = readSafetensors(path);
  assert.is(file.dtype("labels_map"), "F64");
  assert.equal(file.shape("labels_map"), [14, 21, 2]);
  const ends = file.names.map((name) => file.bytes(name).length).reduce((a, b) => a + b, 0);
  assert.is(8 + file.headerBytes + ends, statSync(path).size);
  const heat = file.f32("heat");
  assert.ok(heat.every((v) => v >= 0 && v <= 1) && heat.some((v) => v > 0.99));
  // Decoded from memory it is the same.
  const memory = decodeSafetensors(readFileSync(path), path);
  assert.equal(memory.f32("heat"), heat);
});

test.run();
