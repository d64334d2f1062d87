/** What all rooms of the page share: the frame, turns on the GPU, files that were dropped. */

export { expectModest, readBytes } from "./dropped-files";
export type { Page, Room, UsableNetwork } from "./page";
export { startRouter } from "./router";
export { themeSwitch } from "./theme";
export { Busy, Latest, Newest, Turns } from "./turns";
export { lost, unsupported } from "./without-gpu";
