/** Who is measured: this project, and peers on devices of their own. */

export { convWork, openOurLayers } from "./our-layers";
export { type OurStep, openOurStep } from "./our-step";
export { type Opening, openRival, openRivals, type Rival } from "./rival";
