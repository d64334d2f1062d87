import type { Adapter, ConvGeometry, Passes } from "./common/index";
import { type ConvPass, type ConvVariantName, type DwPass, families } from "./families/index";

/** Which kernels compute a convolution and its gradients, and with which tiles. */
export interface ConvPlan {
  forward: ConvPass;
  dx: ConvPass;
  dw: DwPass;
}

/**
 * Which kernels compute a convolution and its gradients: a pure function of its sizes and the adapter.
 * @param forced a family's variant to take instead. @throws Error when it cannot do this convolution on this adapter.
 */
export function pickConvPlan(g: ConvGeometry, adapter: Adapter, forced?: ConvVariantName): ConvPlan {
  const passes = forced ? passesOf(forced, g, adapter) : usualPasses(g, adapter);
  if (!passes) throw new Error(`conv2d: variant ${forced} cannot compute this convolution on ${adapter.kind}`);
  const { forward, dx, dw = usualPasses(g, adapter, withDw)!.dw! } = passes;
  return { forward, dx, dw };
}

/** What a variant takes for a convolution; null where it cannot compute it on this adapter. */
export function passesOf(variant: ConvVariantName, g: ConvGeometry, adapter: Adapter): Passes<ConvPass, DwPass> | null {
  const family = families.find(({ variants }) => Object.hasOwn(variants, variant));
  return family?.can(g, adapter) ? family.variants[variant](g, adapter) : null;
}

const withDw = families.filter(({ dw }) => dw);

/** What the first family that is worth taking takes. */
function usualPasses(g: ConvGeometry, adapter: Adapter, among = families): Passes<ConvPass, DwPass> | null {
  for (const family of among) {
    const passes = family.can(g, adapter) ? family.usual(g, adapter) : null;
    if (passes) return passes;
  }
  return null;
}

/** What tuning chooses from: the heuristic's way to compute a pass, then every other worth measuring on this adapter. */
export function choicesFor(pass: keyof ConvPlan, g: ConvGeometry, adapter: Adapter): (ConvPass | DwPass)[] {
  const usual = pickConvPlan(g, adapter)[pass];
  const all = families
    .filter((family) => family.can(g, adapter))
    .flatMap((family): readonly (ConvPass | DwPass)[] =>
      pass === "dw" ? (family.dwCandidates?.(g, adapter) ?? []) : family.candidates(g, adapter),
    );
  return [usual, ...all.filter((choice) => JSON.stringify(choice) !== JSON.stringify(usual))];
}
