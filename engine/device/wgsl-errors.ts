import type { Preprocessed } from "./wgsl";

/** File and line, as written, of a line of what the preprocessing made. */
function placeOf({ places }: Preprocessed, line: string): string {
  const place = places[Math.min(Number(line), places.length) - 1];
  return `${place.file}:${place.line}`;
}

/** What wgsl_reflect, which throws errors and bare strings, has against a text: one line with file and line, where it tells one. */
export function parseError(name: string, error: unknown, text: Preprocessed): string {
  const said = error instanceof Error ? error.message : String(error);
  const [, why, line] = /^(.*?)\.* *(?:Line:|at line) (\d+)$/.exec(said) ?? [];
  return line ? `${placeOf(text, line)}: ${why}` : `${name}.wgsl does not parse: ${said}`;
}

/** A driver's message with the files and lines of its errors and notes, as written, instead of the preprocessed text's. */
export const withPlaces = (message: string, text: Preprocessed): string =>
  message.replace(/:(\d+):\d+ (?=(?:error|warning|note):)/g, (_, line: string) => `${placeOf(text, line)}: `);

/** The label of the shader module that a message of Dawn's is about; null where it is about none. */
export const moduleIn = (message: string): string | null =>
  /\[ShaderModuleDescriptor "+([^"]+)"/.exec(message)?.[1] ?? null;
