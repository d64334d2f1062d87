export { colormap, jointColor, limbColors, type Rgb } from "./colors";
export type { Maps } from "./maps";
