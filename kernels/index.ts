import common from "./common.wgsl";
import fill from "./fill.wgsl";
import relu from "./relu.wgsl";

/** A kernel's name and its WGSL text before preprocessing (engine/wgsl.ts). */
export interface Kernel {
  readonly name: string;
  readonly source: string;
}

/** Text that kernels share by `#include`. */
const includes: Readonly<Record<string, string>> = { "common.wgsl": common };

/** The text of an included file. */
export function kernelText(file: string): string {
  const text = includes[file];
  if (text === undefined) throw new Error(`no kernel file ${file} to include`);
  return text;
}

const sources = { fill, relu };

/** Every kernel by name. */
export const kernels = Object.fromEntries(
  Object.entries(sources).map(([name, source]) => [name, { name, source }]),
) as { readonly [K in keyof typeof sources]: Kernel };
