import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { readTorchFile } from "../../../model/exchange/torch-file";
import { encodeTorchFile } from "../../../model/exchange/torch-writer";
import { openWeights } from "../../../model/exchange/weights";
import { ZipArchive } from "../../../model/exchange/zip";
import { encodeZip } from "../../../model/exchange/zip-writer";
import { memorySource } from "../../../model/files/byte-source";

const test = suite("PyTorch files");

/** Made by PyTorch 1.13: test/golden/make-torch-files.py. */
const golden = JSON.parse(readFileSync("test/golden/torch-files.json", "utf8")) as {
  files: Record<string, { file: string; dicts: { where: string; tensors: Record<string, Tensor> }[] }>;
  refused: Record<string, { file: string; asks: string }>;
};
interface Tensor {
  shape: number[];
  values: string[];
}

const bytesOf = ({ file }: { file: string }): Uint8Array => new Uint8Array(Buffer.from(file, "base64"));
const open = (bytes: Uint8Array) => openWeights("x.pth", memorySource(bytes));
const number = (text: string): number => Number(text.replace("inf", "Infinity"));

function refusal(bytes: Uint8Array): string {
  try {
    for (const dict of open(bytes)) for (const name of dict.names) dict.f32(name);
  } catch (error) {
    assert.instance(error, UserError);
    const { message } = error as UserError;
    assert.match(message, /^x\.pth: [^\n]+$/);
    return message;
  }
  throw new Error("expected a UserError");
}

for (const [name, item] of Object.entries(golden.files)) {
  test(name, () => {
    const dicts = open(bytesOf(item));
    assert.equal(
      dicts.map(({ where }) => where),
      item.dicts.map(({ where }) => where),
    );
    for (const [n, { tensors }] of item.dicts.entries()) {
      assert.equal([...dicts[n].names], Object.keys(tensors));
      for (const [key, { shape, values }] of Object.entries(tensors)) {
        assert.equal([...dicts[n].shape(key)], shape, key);
        // Object.is tells -0 from 0; every value is exact in float32.
        const got = dicts[n].f32(key);
        assert.is(got.length, values.length);
        const wrong = values.findIndex((text, i) => !Object.is(got[i], Math.fround(number(text))));
        assert.is(wrong, -1, `${key}: ${got[wrong]} instead of ${values[wrong]}`);
      }
    }
  });
}

test("whatever a pickle asks for beyond weights is refused by name, and not run", () => {
  for (const [name, item] of Object.entries(golden.refused)) {
    const message = refusal(bytesOf(item));
    assert.ok(message.includes(item.asks), `${name}: ${message}`);
    if (item.asks !== "opcode") assert.match(message, /asks for Python's .*only state dicts .* nothing was run/, name);
  }
  assert.not.ok(existsSync("pwned"));
});

const weights = [
  { name: "a.weight", shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-40, Number.NaN) },
  { name: "a.b\u00efas", shape: [], data: Float32Array.of(7) },
  { name: "none", shape: [0, 4], data: new Float32Array(0) },
];
const written = (): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(encodeTorchFile(weights)));

test("a written state dict reads back, bit for bit, each tensor at a multiple of 64 bytes", () => {
  const [dict] = open(written());
  assert.equal([...dict.names], ["a.weight", "a.b\u00efas", "none"]);
  for (const { name, shape, data } of weights) {
    assert.equal([...dict.shape(name)], shape);
    assert.equal(new Uint8Array(dict.f32(name).slice().buffer), new Uint8Array(data.slice().buffer), name);
  }
  const at = Buffer.from(written()).indexOf(Buffer.from(weights[0].data.buffer));
  assert.is(at % 64, 0);
});

test("tensors that no state dict can hold are not written", () => {
  const [first] = weights;
  assert.throws(() => encodeTorchFile([{ ...first, shape: [7] }]), /"a\.weight": shape \[7\] does not hold 6 values/);
  assert.throws(() => encodeTorchFile([first, first]), /two tensors have the same name/);
  const many = Array.from({ length: 65_536 }, (_, n) => ({ name: `${n}`, content: new Uint8Array(0) }));
  assert.throws(() => encodeZip(many), /65536 files, \d+ bytes, would need zip64/);
});

test("anything cut short is refused, wherever it is cut", () => {
  for (const name of ["zip, dtypes", "legacy, dtypes", "zip, checkpoint", "legacy, checkpoint"]) {
    const whole = bytesOf(golden.files[name]);
    for (let length = 0; length < whole.length; length += 31) refusal(whole.subarray(0, length));
  }
});

test("damage to a tensor's bytes in a zip is seen", () => {
  const file = written();
  file[Buffer.from(file).indexOf(Buffer.from(weights[0].data.buffer)) + 2] ^= 1;
  assert.match(refusal(file), /entry "weights\/data\/0" is damaged: it does not match its checksum/);
});

interface Changes {
  numel?: number;
  offset?: number;
  shape?: number[];
  strides?: number[];
  bytes?: number;
  /** Instructions that push further arguments. */
  more?: string;
}

/** A zip whose only tensor has the given view. */
function fileWith({ numel = 6, offset = 0, shape = [2, 3], strides = [3, 1], bytes = 24, more = "" }: Changes) {
  const long = (n: number) => {
    const digits = new Uint8Array(BigInt64Array.of(BigInt(n)).buffer);
    return `\x8a\x08${String.fromCharCode(...digits)}`;
  };
  const text = (s: string) => `X${String.fromCharCode(s.length)}\0\0\0${s}`;
  const tuple = (items: string) => `(${items}t`;
  const id = tuple(`${text("storage")}ctorch\nFloatStorage\n${text("0")}${text("cpu")}${long(numel)}`);
  const args = tuple(
    `${id}Q${long(offset)}${tuple(shape.map(long).join(""))}${tuple(strides.map(long).join(""))}${more}`,
  );
  const pickle = `\x80\x02}(${text("w")}ctorch._utils\n_rebuild_tensor\n${args}Ru.`;
  return new Uint8Array(
    Buffer.concat(
      encodeZip([
        { name: "a/data.pkl", content: Buffer.from(pickle, "latin1") },
        { name: "a/data/0", content: new Uint8Array(bytes) },
      ]),
    ),
  );
}

test("a tensor must lie within its storage, and the storage be whole", () => {
  assert.equal(open(fileWith({}))[0].f32("w"), new Float32Array(6));
  // requires_grad, no hooks, no flags
  assert.equal(open(fileWith({ more: "\x89}}" }))[0].f32("w"), new Float32Array(6));
  const wrong: [Changes, RegExp][] = [
    [{ more: "\x89}}X\x03\0\0\0neg\x88s" }, /a view that negates or conjugates its storage/],
    [{ offset: 1 }, /offset 1, size \[2, 3\], stride \[3, 1\]\) that reaches beyond its storage's 6 elements/],
    [{ strides: [4, 1] }, /reaches beyond/],
    [{ shape: [3, 3] }, /reaches beyond/],
    [{ shape: [2 ** 31, 2 ** 31], strides: [0, 0] }, /reaches beyond/],
    [{ shape: [...Array(30).fill(2 ** 50), 0], strides: Array(31).fill(0) }, /reaches beyond/],
    [{ shape: [2, 2 ** 52], strides: [2 ** 52, 2 ** 52] }, /reaches beyond/],
    [{ offset: -1 }, /do not fit together/],
    [{ shape: [-2, -3] }, /do not fit together/],
    [{ strides: [-3, 1] }, /do not fit together/],
    [{ shape: [6] }, /do not fit together/],
    [{ shape: [1e6, 1e6], strides: [0, 0] }, /many times more memory than the file/],
    [{ numel: 5 }, /storage a\/data\/0 has 24 bytes, where 20 are expected/],
    [{ numel: 2 ** 53 - 1 }, /has 24 bytes/],
    [{ numel: -1 }, /without a length/],
    [{ bytes: 23 }, /has 23 bytes, where 24/],
  ];
  for (const [changes, reason] of wrong) assert.match(refusal(fileWith(changes)), reason, JSON.stringify(changes));
});

test("two descriptions of one storage must agree", () => {
  const other = Buffer.concat(encodeTorchFile([weights[0], { name: "w", shape: [5], data: new Float32Array(5) }]));
  // The second tensor's storage is said to be the first's.
  const entries = new ZipArchive("x", memorySource(other));
  const pickle = Buffer.from(entries.read("weights/data.pkl"));
  const key = Buffer.from("X\x01\0\0\x001", "latin1");
  pickle.write("0", pickle.indexOf(key) + 5);
  const file = encodeZip(
    entries.names.map((name) => ({ name, content: name.endsWith(".pkl") ? pickle : entries.read(name) })),
  );
  assert.match(refusal(new Uint8Array(Buffer.concat(file))), /storage "0" is described in two ways/);
});

test("zip archives of other kinds are refused for what they are", () => {
  const zip = (files: Record<string, string>) =>
    Buffer.concat(
      encodeZip(Object.entries(files).map(([name, text]) => ({ name, content: Buffer.from(text, "latin1") }))),
    );
  assert.match(refusal(zip({ "a.txt": "x" })), /not one of PyTorch's: no data\.pkl/);
  assert.match(refusal(zip({ "a/data.pkl": "\x80\x02}.", "a/byteorder": "big" })), /big-endian/);
  assert.equal(open(zip({ "a/data.pkl": "\x80\x02}." })), []);
  const compressed = zip({ "a/data.pkl": "\x80\x02}." });
  compressed.writeUInt16LE(8, compressed.indexOf("PK\x01\x02") + 10);
  assert.match(refusal(compressed), /"a\/data\.pkl" is compressed; PyTorch's own files are not/);
  const twice = zip({ "a/data.pkl": "\x80\x02}.", "b/data.pkl": "" });
  twice.write("a", twice.lastIndexOf("b/data.pkl"));
  assert.match(refusal(twice), /two entries "a\/data\.pkl"/);
  assert.match(refusal(Buffer.from("\x80\x02K\x01.", "latin1")), /not one that torch\.save has made/);
  assert.match(refusal(Buffer.from("hello, hello")), /neither a PyTorch file nor safetensors/);
  assert.throws(() => readTorchFile("x.pth", memorySource(new Uint8Array(0))), /x\.pth: .*it ends too early/);
});

test("values that name each other without end are read once", () => {
  const file = (pickle: string) =>
    Buffer.concat(encodeZip([{ name: "a/data.pkl", content: Buffer.from(`\x80\x02${pickle}.`, "latin1") }]));
  // d = {}; d["d"] = d
  assert.equal(open(file("}q\x01X\x01\0\0\0dh\x01s")), []);
  // Seven lists, each a hundred times the one before: 10^14 paths.
  const level = `](${"h\0".repeat(100)}eq\0`;
  assert.equal(open(file(`]q\0${level.repeat(7)}`)), []);
});

test.run();
