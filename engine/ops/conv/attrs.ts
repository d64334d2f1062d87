import type { WindowAttrs } from "./common/index";
import type { ConvVariantName } from "./families/index";
import type { ConvPlan } from "./plan";

/** How a convolution steps over its input, and what it does beside. */
export interface Conv2dAttrs extends WindowAttrs {
  /** Fuses a ReLU behind the bias. */
  relu?: boolean;
  /** A family's variant, or a whole plan, to take instead of the tuned or `pickConvPlan`'s choice: for tests and tuning. @internal */
  variant?: ConvVariantName | ConvPlan;
}

/** The same where the result is laid out for another convolution to read. @internal */
export interface LaidOutConvAttrs extends Conv2dAttrs {
  /** Zeros that y's images get on every side in memory; 0 by default. */
  margin?: number;
}
