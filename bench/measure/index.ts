/** How it is measured: times, differences, memory, the adapter's limits, and what is noted of the circumstances. */

export { demand, MismatchError, reasonOf, relativeError } from "./check";
export { type Conditions, conditions } from "./conditions";
export { benchConfig } from "./config";
export { BufferMeter } from "./meter";
export { type KernelTime, profileStep, type StepProfile } from "./profile";
export { benchRoofline, measureRoofline, type Roofline, type RooflineResult } from "./roofline";
export { fitPowerLaw, interleave, milliseconds, type PowerLaw, summarise, type Timing } from "./statistics";
