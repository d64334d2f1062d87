import type { AdapterFacts } from "../../device/index";
import type { ConvGeometry } from "./geometry";
import {
  broadcastLanes,
  type ConvPass,
  type ConvPlan,
  type DwPass,
  isPointwise,
  isWinograd,
  isWinogradRows,
  type PointwisePass,
  pickConvPlan,
  SLIDE_TILES,
  slideSplits,
  slides,
  type TiledPass,
  tiledSplits,
} from "./plan";

type Adapter = Pick<AdapterFacts, "kind" | "subgroups" | "subgroupSize">;

/** What tuning chooses from: the heuristic's way to compute a pass, then every other worth measuring on this adapter. */
export function choicesFor(pass: keyof ConvPlan, g: ConvGeometry, adapter: Adapter): (ConvPass | DwPass)[] {
  const usual = pickConvPlan(g, adapter)[pass];
  const all = pass === "dw" ? dwCandidates(g, adapter) : convCandidates(g, adapter);
  return [usual, ...all.filter((choice) => JSON.stringify(choice) !== JSON.stringify(usual))];
}

/** Every way worth measuring to compute a forward convolution, or its gradient by the input, on this adapter. */
export function convCandidates(g: ConvGeometry, adapter: Adapter): ConvPass[] {
  const { gpu, lanes, workgroups } = choices(adapter, [8, 16, 32]);
  const passes: ConvPass[] = [];
  if (slides(g)) {
    for (const tile of Object.values(SLIDE_TILES))
      for (const l of lanes)
        for (const workgroup of workgroups) passes.push({ family: "slide", lanes: l, workgroup, ...tile });
  } else passes.push({ family: "direct" });
  if (isPointwise(g)) {
    for (const co of [8, 16, 32])
      for (const l of lanes)
        for (const workgroup of workgroups) passes.push({ family: "pointwise", lanes: l, workgroup, co });
  }
  for (const tile of [2, 4] as const)
    if (isWinograd(g, tile))
      for (const product of winogradProducts(gpu, lanes)) passes.push({ family: "winograd", tile, product });
  if (isWinogradRows(g))
    for (const l of lanes)
      for (const co of [16, 32])
        passes.push({
          family: "winogradRows",
          product: { family: "pointwise", lanes: l, workgroup: gpu ? 64 : 16, co },
        });
  // Software drivers run workgroup memory tens of times slower, and take seconds to compile it.
  if (gpu) for (const tile of [64, 128]) passes.push({ family: "tiled", tile });
  return passes;
}

/** Its products are large enough for one choice of workgroup: what differs is how much of a tile is past the last channel. */
function winogradProducts(gpu: boolean, lanes: readonly number[]): (PointwisePass | TiledPass)[] {
  const workgroup = gpu ? 64 : 16;
  const inRegisters = lanes.flatMap((l) =>
    [8, 16].map((co): PointwisePass => ({ family: "pointwise", lanes: l, workgroup, co })),
  );
  return gpu ? [...inRegisters, { family: "tiled", tile: 64 }, { family: "tiled", tile: 128 }] : inRegisters;
}

/** Every way worth measuring to compute a gradient by the weights on this adapter. */
export function dwCandidates(g: ConvGeometry, adapter: Adapter): DwPass[] {
  const { gpu, lanes, workgroups } = choices(adapter, [8, 16]);
  const passes: DwPass[] = [];
  if (slides(g)) {
    const splits = new Set((gpu ? [16384, 65536, 262144] : [96, 192, 384]).map((wanted) => slideSplits(g, wanted)));
    for (const s of splits)
      for (const l of lanes)
        for (const workgroup of workgroups) passes.push({ family: "slide", lanes: l, workgroup, co: 8, splits: s });
  } else passes.push({ family: "direct" });
  if (gpu) for (const tile of [64, 128]) passes.push({ family: "tiled", tile, splits: tiledSplits(g, tile) });
  return passes;
}

/** On a GPU broadcast and plain loads, and workgroups of whole subgroups; on a software driver what suits its few cores. */
function choices(adapter: Adapter, small: readonly number[]) {
  const gpu = adapter.kind === "gpu";
  const broadcast = broadcastLanes(adapter);
  const lanes = gpu && broadcast ? [0, broadcast] : [broadcast];
  return { gpu, lanes, workgroups: gpu ? [32, 64, 128] : small };
}
