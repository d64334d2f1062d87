import type { Table } from "./ops";
import { activations } from "./tables/activations";
import { arithmetic } from "./tables/arithmetic";
import { blocks } from "./tables/blocks";
import { conv } from "./tables/conv";
import { convDepthwise } from "./tables/conv-depthwise";
import { convSeparable } from "./tables/conv-separable";
import { convTransposed } from "./tables/conv-transposed";
import { einsum } from "./tables/einsum";
import { elementwise } from "./tables/elementwise";
import { fused } from "./tables/fused";
import { hyperbolic } from "./tables/hyperbolic";
import { joins } from "./tables/joins";
import { losses } from "./tables/losses";
import { lossesOthers } from "./tables/losses-others";
import { margins } from "./tables/margins";
import { matmul } from "./tables/matmul";
import { matmulBatches } from "./tables/matmul-batches";
import { norm } from "./tables/norm";
import { parts } from "./tables/parts";
import { pooling } from "./tables/pooling";
import { poolingOthers } from "./tables/pooling-others";
import { reductions } from "./tables/reductions";
import { shape } from "./tables/shape";
import { slices } from "./tables/slices";

import { tape } from "./tables/tape";

/** Every table, by family. */
export const families: Readonly<Record<string, readonly Table[]>> = {
  arithmetic,
  elementwise,
  hyperbolic,
  activations,
  reductions,
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
  losses: [...losses, ...lossesOthers],
};
