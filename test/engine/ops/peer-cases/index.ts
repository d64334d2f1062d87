import type { Table } from "./ops";
import { activations } from "./tables/activations";
import { arithmetic } from "./tables/arithmetic";
import { blocks } from "./tables/blocks";
import { choices } from "./tables/choices";
import { conv } from "./tables/conv";
import { convDepthwise } from "./tables/conv-depthwise";
import { convSeparable } from "./tables/conv-separable";
import { convTransposed } from "./tables/conv-transposed";
import { einsum } from "./tables/einsum";
import { elementwise } from "./tables/elementwise";
import { extremes } from "./tables/extremes";
import { fused } from "./tables/fused";
import { hyperbolic } from "./tables/hyperbolic";
import { joins } from "./tables/joins";
import { losses } from "./tables/losses";
import { lossesOthers } from "./tables/losses-others";
import { lossesWeights } from "./tables/losses-weights";
import { margins } from "./tables/margins";
import { matmul } from "./tables/matmul";
import { matmulBatches } from "./tables/matmul-batches";
import { norm } from "./tables/norm";
import { norms } from "./tables/norms";
import { numbers } from "./tables/numbers";
import { parts } from "./tables/parts";
import { pooling } from "./tables/pooling";
import { poolingOthers } from "./tables/pooling-others";
import { powers } from "./tables/powers";
import { reductions } from "./tables/reductions";
import { shape } from "./tables/shape";
import { slices } from "./tables/slices";

import { tape } from "./tables/tape";

/** Every table, by family. */
export const families: Readonly<Record<string, readonly Table[]>> = {
  arithmetic: [...arithmetic, ...powers, ...numbers],
  elementwise,
  hyperbolic,
  activations,
  choices,
  reductions: [...reductions, ...extremes, ...norms],
  matmul: [...matmul, ...matmulBatches],
  einsum,
  shapes: [...shape, ...blocks],
  slices: [...slices, ...parts],
  joins: [...joins, ...margins],
  convolution: [...conv, ...convTransposed, ...convDepthwise, ...convSeparable],
  pooling: [...pooling, ...poolingOthers],
  normalisation: norm,
  fused,
  tape,
  losses: [...losses, ...lossesOthers, ...lossesWeights],
};
