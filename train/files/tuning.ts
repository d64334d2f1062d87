import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Gpu } from "../../engine/gpu";
import { type ConvTable, convTable, useConvTable } from "../../engine/ops/conv/tuning";
import { kernels } from "../../kernels/index";
import { ensureFolder, writeFileAtomic } from "../../model/files";
import { parseJson, readText } from "../json";

const count = z.number().int().positive();
const lanes = z.union([z.literal(0), z.literal(4), z.literal(8)]);
/** Tables of before had one row. */
const rows = z.union([z.literal(1), z.literal(2)]).default(1);
const tile = z.union([z.literal(64), z.literal(128)]);
const direct = z.strictObject({ family: z.literal("direct") });
const pointwise = z.strictObject({
  ...{ family: z.literal("pointwise"), lanes, workgroup: count },
  co: z.number().multipleOf(8).positive(),
});
const tiled = z.strictObject({ family: z.literal("tiled"), tile });
const convPass = z.discriminatedUnion("family", [
  z.strictObject({ family: z.literal("slide"), lanes, workgroup: count, co: count, px: count, rows }),
  pointwise,
  tiled,
  z.strictObject({
    family: z.literal("winograd"),
    tile: z.union([z.literal(2), z.literal(4)]),
    product: z.discriminatedUnion("family", [pointwise, tiled]),
  }),
  z.strictObject({ family: z.literal("winogradRows"), product: pointwise }),
  direct,
]);
const dwPass = z.discriminatedUnion("family", [
  z.strictObject({ family: z.literal("slide"), lanes, workgroup: count, co: count, splits: count }),
  z.strictObject({ family: z.literal("tiled"), tile, splits: count }),
  direct,
]);
const file = z.strictObject({
  adapter: z.string(),
  kernels: z.string(),
  forward: z.record(z.string(), convPass),
  dx: z.record(z.string(), convPass),
  dw: z.record(z.string(), dwPass),
});

/** What a tuning file holds: choices by shape (see shapeKey), for one adapter and driver and one state of the kernels. */
export type TuningFile = z.infer<typeof file>;

/** The adapter with its driver, as the driver describes itself. */
function adapterId(gpu: Gpu): string {
  const { vendor, architecture, device, description } = gpu.device.adapterInfo;
  return [gpu.adapter.kind, vendor, architecture, device, description].join("|");
}

/** Changes with every convolution kernel: a choice measured on other text means nothing. */
function kernelHash(): string {
  const texts = Object.values(kernels).filter(({ name }) => /^(conv|winograd)_/.test(name));
  return sha256(texts.map(({ name, source }) => `${name}\n${source}`).join("\n"));
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The folder of tuning files: what NSRM_TUNING names, else one in the user's cache. */
export const tuningFolder = (): string =>
  process.env.NSRM_TUNING || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "nsrm-webgpu", "tune");

/** One file an adapter and driver; a file of other kernels is replaced. */
export const tuningPath = (gpu: Gpu, folder = tuningFolder()): string =>
  join(folder, `${sha256(adapterId(gpu)).slice(0, 16)}.json`);

export interface LoadedTuning {
  file: TuningFile | null;
  /** Why there is none although a file is there. */
  note: string | null;
}

/** Reads the choices for this adapter. What cannot be used is no error: the heuristic is always there. */
export function loadTuning(gpu: Gpu, folder = tuningFolder()): LoadedTuning {
  const path = tuningPath(gpu, folder);
  if (!existsSync(path)) return { file: null, note: null };
  const ignored = (why: string) => ({ file: null, note: `${path}: ${why}; ignored, nsrm tune writes it anew` });
  let parsed: TuningFile;
  try {
    parsed = file.parse(parseJson(readText(path, "the tuning table"), path));
  } catch {
    return ignored("not a tuning table");
  }
  if (parsed.adapter !== adapterId(gpu)) return ignored("measured on another adapter or driver");
  if (parsed.kernels !== kernelHash()) return ignored("measured with other kernels");
  return { file: parsed, note: null };
}

/** Adds choices to the adapter's file, over what it says of the same shapes. @returns its path @throws UserError */
export async function saveTuning(
  gpu: Gpu,
  choices: Pick<TuningFile, "forward" | "dx" | "dw">,
  folder = tuningFolder(),
): Promise<string> {
  const before = loadTuning(gpu, folder).file;
  const merged: TuningFile = {
    adapter: adapterId(gpu),
    kernels: kernelHash(),
    forward: { ...before?.forward, ...choices.forward },
    dx: { ...before?.dx, ...choices.dx },
    dw: { ...before?.dw, ...choices.dw },
  };
  const path = tuningPath(gpu, folder);
  await ensureFolder(folder);
  await writeFileAtomic(path, `${JSON.stringify(merged, null, 1)}\n`);
  return path;
}

/** Makes convolutions on this adapter take its tuned choices, where there are any. @returns a note for the log, or null */
export function useTuning(gpu: Gpu, folder = tuningFolder()): string | null {
  const { file: loaded, note } = loadTuning(gpu, folder);
  useConvTable(gpu, loaded && tableOf(loaded));
  return note;
}

function tableOf({ forward, dx, dw }: TuningFile): ConvTable {
  const sorted = <V>(choices: Record<string, V>) => Object.entries(choices).sort(([a], [b]) => (a < b ? -1 : 1));
  const [f, x, w] = [sorted(forward), sorted(dx), sorted(dw)];
  return {
    id: sha256(JSON.stringify([f, x, w])).slice(0, 8),
    forward: new Map(f),
    dx: new Map(x),
    dw: new Map(w),
  };
}

/**
 * The adapter, and the tuned table in use. Other kernels add in another order: only where this is the same does a resumed
 * run give the same bits.
 */
export function computedOn(gpu: Gpu): string {
  const table = convTable(gpu);
  return table ? `${gpu.adapter.name}, tuning table ${table.id}` : gpu.adapter.name;
}

/** One line on how convolutions are computed. */
export function describeTuning(gpu: Gpu): string {
  const table = convTable(gpu);
  if (!table) return `convolutions: the heuristic's kernels for ${gpu.adapter.kind} (nsrm tune measures them)`;
  const families = new Map<string, number>();
  for (const passes of [table.forward, table.dx, table.dw])
    for (const { family } of passes.values()) families.set(family, (families.get(family) ?? 0) + 1);
  const counts = [...families].map(([family, n]) => `${family} ${n}`).join(", ");
  return `convolutions: tuning table ${table.id} (${counts}), the heuristic's kernels for other shapes`;
}
