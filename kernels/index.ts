import { includeTexts, kernelTexts } from "./texts";

/** A kernel's name and its WGSL text before preprocessing (engine/device/wgsl.ts). */
export interface Kernel {
  readonly name: string;
  readonly source: string;
}

/** Every kernel by name. */
export const kernels = Object.fromEntries(
  Object.entries(kernelTexts).map(([name, source]) => [name, { name, source }]),
) as { readonly [K in keyof typeof kernelTexts]: Kernel };

/** The text of a file of include/ by its name, `float.wgsl`; undefined where there is none. */
export const kernelText = (file: string): string | undefined => includeTexts[file];
