// Shared by kernels that run one invocation per element.
#include "grid.wgsl"

const WG: u32 = 64u;
