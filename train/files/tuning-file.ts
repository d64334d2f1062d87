import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Include, includesOf } from "../../engine/device/index";
import type { Gpu } from "../../engine/index";
import {
  type ConvPass,
  type ConvTable,
  choicesFor,
  convKernels,
  convTable,
  type DwPass,
  geometryOf,
  useConvTable,
} from "../../engine/ops/conv/index";
import { kernelText } from "../../kernels/index";
import { ensureFolder, parseJson, readText, writeFileAtomic } from "../../model/files/node";

/** A table as it is read: that its choices are some of tuning's own, `strayChoice` says. */
const choices = z.record(z.string(), z.unknown());
const file = z.strictObject({
  /** Of all that follows. */
  checksum: z.string(),
  adapter: z.string(),
  kernels: z.string(),
  forward: choices,
  dx: choices,
  dw: choices,
});

/** What a tuning file holds: choices by shape (see shapeKey), for one adapter and driver and one state of the kernels. */
export interface TuningFile extends z.infer<typeof file> {
  forward: Record<string, ConvPass>;
  dx: Record<string, ConvPass>;
  dw: Record<string, DwPass>;
}

/** The adapter with its driver, as the driver describes itself. */
function adapterId(gpu: Gpu): string {
  const { vendor, architecture, device, description } = gpu.device.adapterInfo;
  return [gpu.adapter.kind, vendor, architecture, device, description].join("|");
}

/**
 * Changes with every convolution kernel and what it includes: a choice measured on other text means nothing.
 * @param include the text of an included file
 */
export function kernelHash(include: Include = kernelText): string {
  const texts = convKernels.flatMap(({ name, source }) => [name, source, ...includesOf(source, include).values()]);
  return sha256(texts.join("\n"));
}

/** Changes with every digit of a table. */
const checksumOf = ({ checksum: _, ...content }: Record<string, unknown>): string => sha256(JSON.stringify(content));

/** The first choice that `nsrm tune` would not have made, since it does not try it for that shape on this adapter. */
function strayChoice(gpu: Gpu, table: z.infer<typeof file>): string | null {
  for (const pass of ["forward", "dx", "dw"] as const) {
    for (const [key, choice] of Object.entries(table[pass])) {
      const g = geometryOf(key);
      if (!g || !choicesFor(pass, g, gpu.adapter).some((c) => isDeepStrictEqual(c, choice))) return `${pass} of ${key}`;
    }
  }
  return null;
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
  const ignored = (why: string) => ({
    file: null,
    note: `${path}: ${why}; the heuristic's kernels run instead, run nsrm tune again for a new table`,
  });
  let raw: Record<string, unknown>;
  let parsed: z.infer<typeof file>;
  try {
    raw = z.looseObject({}).parse(parseJson(readText(path, "the tuning table"), path));
    if (!("checksum" in raw) && "kernels" in raw) return ignored("made by an earlier version");
    parsed = file.parse(raw);
  } catch {
    return ignored("not a tuning table");
  }
  if (parsed.checksum !== checksumOf(raw)) return ignored("damaged, or changed by hand");
  if (parsed.adapter !== adapterId(gpu)) return ignored("measured on another adapter or driver");
  if (parsed.kernels !== kernelHash()) return ignored("measured with other kernels");
  const stray = strayChoice(gpu, parsed);
  return stray ? ignored(`no choice of nsrm tune's for ${stray}`) : { file: parsed as TuningFile, note: null };
}

/** Adds choices to the adapter's file, over what it says of the same shapes. @returns its path @throws UserError */
export async function saveTuning(
  gpu: Gpu,
  choices: Pick<TuningFile, "forward" | "dx" | "dw">,
  folder = tuningFolder(),
): Promise<string> {
  const before = loadTuning(gpu, folder).file;
  const merged = {
    adapter: adapterId(gpu),
    kernels: kernelHash(),
    forward: { ...before?.forward, ...choices.forward },
    dx: { ...before?.dx, ...choices.dx },
    dw: { ...before?.dw, ...choices.dw },
  };
  const path = tuningPath(gpu, folder);
  await ensureFolder(folder);
  await writeFileAtomic(path, `${JSON.stringify({ checksum: checksumOf(merged), ...merged }, null, 1)}\n`);
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
