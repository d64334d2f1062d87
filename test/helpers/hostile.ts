import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { crc32 } from "../../model/exchange/crc32";
import { encodeTorchFile } from "../../model/exchange/torch-writer";
import { ZipArchive } from "../../model/exchange/zip";
import { encodeZip } from "../../model/exchange/zip-writer";
import { memorySource } from "../../model/files/byte-source";
import { encodeSafetensors } from "../../model/files/safetensors-format";
import { networkParameters } from "../../model/network/network";
import { resolveConfig } from "../../train/config/resolve";
import { encodeCheckpoint, stampChecksum } from "../../train/files/checkpoint-format";
import { damaged, noise, type Random, some, spliced } from "./damage";
import { numbers } from "./tiny";

/** A file that somebody made, or spoilt. */
export interface HostileFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

type Bytes = HostileFile["bytes"];
type Maker = (random: Random) => HostileFile;

/** Files of each kind that the page opens, damaged in ways that reach deep: sums are right again where that leads further. */
export interface Hostile {
  checkpoint: Maker;
  weights: Maker;
  image: Maker;
}

/** The page's three kinds of files. */
export type Kind = keyof Hostile;

const joined = (parts: readonly Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));

/** The smallest network there can be. */
const spec = {
  architecture: "NSRM",
  widths: { vgg: [1, 1, 1, 1], feat: 1, stage: 1, hid: 1 },
  limbChannels: 1,
  keypointChannels: 21,
} as const;
const network = networkParameters(spec).map(({ name, shape }, i) => ({
  name,
  shape,
  data: numbers(
    shape.reduce((product, n) => product * n, 1),
    i + 1,
    -0.5,
    0.5,
  ),
}));
export const { config: modest } = resolveConfig(
  { dataset: "synthetic", widths: spec.widths, image_size: 32, batch_size: 2, synthetic: { count_train: 8 } },
  "test",
);

/** A checkpoint whose checksum is right, whatever it says. */
export function checkpointOf(settings: unknown, changes: Record<string, unknown> = {}): Bytes {
  const parameters = new Map(
    network.map(({ name, shape, data }) => {
      const zeros = () => new Float32Array(data.length);
      return [name, { shape, value: data, moments: { expAvg: zeros(), expAvgSq: zeros() } }];
    }),
  );
  const position = { epoch: 1, step: 3, batchInEpoch: 3, bestScore: null, validationDue: false };
  const at = { adapter: "test", ...position, seed: 0, rng: null };
  const parts = encodeCheckpoint({ ...at, config: settings, parameters, ...changes });
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  stampChecksum(parts[0], hash.digest("hex"));
  return joined(parts);
}

/** What a field is set to: the ends of ranges, and other types. */
const VALUES: readonly unknown[] = [
  ...[0, -1, 0.5, 1, 7, 8, 512, 4096, 65536, 1e6, 1e9, 2 ** 31, 2 ** 53, 1e300],
  ...[
    null,
    "",
    "x",
    "__proto__",
    [],
    {},
    [1e9],
    { vgg: [1e6, 1e6, 1e6, 1e6], feat: 1e6 },
    "x".repeat(1e5),
    "mixed",
    ["x"],
  ],
];

/** A setting of a configuration set to a value at random; now and then one within an object, or one that there is not. */
function alteredConfig(random: Random): unknown {
  const copy = structuredClone(modest) as unknown as Record<string, unknown>;
  for (let times = 1 + random(2); times > 0; times--) {
    const inner = copy[some(["synthetic", "augment", "widths"], random)] as typeof copy;
    const place = random(4) === 0 && inner !== null && typeof inner === "object" ? inner : copy;
    const key = random(20) === 0 ? "unheard_of" : some(Object.keys(place), random);
    place[key] = some(VALUES, random);
  }
  return copy;
}

/** One of the numbers that say where a run stood, altered. */
const alteredPlace = (random: Random) => ({
  [some(["epoch", "step", "batchInEpoch", "seed", "bestScore", "contents"], random)]: some(VALUES, random),
});

/** Damage to a safetensors file, half of it to its header: most of the file is data. */
function damagedSafetensors(file: Bytes, random: Random): Bytes {
  if (random(2)) return damaged(file, random);
  const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  return joined([damaged(file.subarray(0, header), random), file.subarray(header)]);
}

/** Damage to the pickle within a file of torch.save, whose checksums are right again. */
function damagedPickle(file: Bytes, random: Random): Bytes {
  const archive = new ZipArchive("x", memorySource(file));
  const entries = archive.names.map((name) => ({ name, content: archive.read(name) as Uint8Array }));
  const target = entries.find(({ name }) => name.endsWith("data.pkl"))!;
  target.content = damaged(target.content, random);
  return joined(encodeZip(entries));
}

/** A PNG with another width or height, and a header whose checksum fits. */
function resizedPng(file: Bytes, random: Random): Bytes {
  const copy = file.slice();
  const view = new DataView(copy.buffer);
  for (const at of [16, 20]) view.setUint32(at, some([0, 1, 91, 5000, 30_000, 60_000, 0x7fffffff, 0xffffffff], random));
  view.setUint32(29, crc32(copy.subarray(12, 29)));
  return copy;
}

/** A true PNG of a few kilobytes that decodes to a square of so many black pixels. */
export function bombPng(side: number): Bytes {
  const chunk = (type: string, content: Uint8Array) => {
    const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type, "latin1"), content, Buffer.alloc(4)]);
    bytes.writeUInt32BE(content.length);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
    return bytes;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1; // a bit a pixel, in grey
  const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))));
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return joined([signature, chunk("IHDR", header), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

async function pictures(): Promise<Bytes[]> {
  const [width, height] = [72, 56];
  const pixels = Uint8Array.from(numbers(3 * width * height, 5, 0, 255));
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  const encoded = [
    image.clone().png(),
    image.clone().png({ palette: true }),
    image.clone().jpeg({ quality: 60 }),
    image
      .clone()
      .jpeg({ progressive: true })
      .withExif({ IFD0: { Orientation: "6" } }),
    image.clone().webp(),
    image.clone().webp({ lossless: true }),
    image.clone().gif(),
  ];
  return Promise.all(encoded.map(async (one) => new Uint8Array(await one.toBuffer())));
}

const SAFETENSORS = "\x40\0\0\0\0\0\0\0{";

/** @returns for each kind a maker of one more file, repeatable by its random numbers, and a file without a fault */
export async function hostileFiles(): Promise<{ makers: Hostile; whole: Record<Kind, HostileFile> }> {
  const golden = JSON.parse(readFileSync("test/golden/torch-files.json", "utf8")) as {
    files: Record<string, { file: string }>;
  };
  const torch = joined(encodeTorchFile(network));
  const others = Object.values(golden.files).map(({ file }) => new Uint8Array(Buffer.from(file, "base64")));
  const plain = joined(encodeSafetensors(network));
  const checkpoint = checkpointOf(modest);
  const images = await pictures();
  let count = 0;
  const maker =
    (ending: string, ways: readonly ((random: Random) => Bytes)[]): Maker =>
    (random) => ({ bytes: some(ways, random)(random), name: `${++count}.${ending}` });
  const whole = {
    checkpoint: { name: "whole.safetensors", bytes: checkpoint },
    weights: { name: "whole.pth", bytes: torch },
    image: { name: "whole.png", bytes: images[0] },
  };
  const makers = {
    checkpoint: maker("safetensors", [
      (random) => damagedSafetensors(checkpoint, random),
      (random) => checkpointOf(alteredConfig(random)),
      (random) => checkpointOf(alteredConfig(random), alteredPlace(random)),
      (random) => spliced(checkpoint, some([plain, checkpoint, ...others], random), random),
      (random) => noise([SAFETENSORS], random),
    ]),
    weights: maker("pth", [
      (random) => damaged(some(others, random), random),
      (random) => damaged(torch, random),
      (random) => damagedPickle(torch, random),
      (random) => damagedSafetensors(plain, random),
      (random) => checkpointOf(alteredConfig(random)),
      (random) => spliced(torch, some([...others, plain, checkpoint], random), random),
      (random) => noise(["", "PK\x03\x04", "\x80\x02", "\x80\x04\x95", "(", SAFETENSORS], random),
    ]),
    image: maker("png", [
      (random) => damaged(some(images, random), random),
      (random) => damaged(some(images, random), random),
      (random) => resizedPng(images[0], random),
      (random) => spliced(some(images, random), some(images, random), random),
      (random) => noise(["", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "RIFF\0\0\0\0WEBP", "GIF89a", "<svg"], random),
    ]),
  };
  return { makers, whole };
}
