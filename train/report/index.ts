/** The report's charts and pages, without files. */

export { apart, extent, linePath } from "./chart";
export { figure, linearScale, logScale, type Scale, tickLabel } from "./scale";
export { type Point, thinned } from "./series";
