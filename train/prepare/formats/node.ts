import type { Format, FormatOption } from "../contract/node";

/** Every format by its name on the command line. Adding one: its file, one line here. */
const FILES = {
  cmu: () => import("./cmu"),
  onehand10k: () => import("./onehand10k"),
  coco: () => import("./coco"),
  freihand: () => import("./freihand"),
  rhd: () => import("./rhd"),
} satisfies Record<string, () => Promise<{ format: Format }>>;

export type FormatName = keyof typeof FILES;
export const FORMATS = Object.keys(FILES) as FormatName[];

export const loadFormat = async (name: FormatName): Promise<Format> => (await FILES[name]()).format;

/** The options of single formats, each with the format's name. */
export async function formatOptions(): Promise<(FormatOption & { format: FormatName })[]> {
  const formats = await Promise.all(FORMATS.map(async (name) => ({ name, options: (await loadFormat(name)).options })));
  return formats.flatMap(({ name, options = [] }) => options.map((option) => ({ ...option, format: name })));
}
