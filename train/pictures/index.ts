/** Colours of joints, limbs and maps, which a page draws with too. */

export { colormap, jointColor, limbColors, type Rgb } from "./colors";
export type { Maps } from "./maps";
