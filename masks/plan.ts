import { groupsOf, type LimbGroup, type Skeleton } from "./skeleton";

/** How kernels/masks.wgsl unites a skeleton's limbs into channels. */
export interface LimbPlan {
  readonly channels: number;
  /** Limbs in a row from the root outwards, or 0 where the limbs' joints and the groups are read from the table. */
  readonly chain: number;
  /** Which channels there are along chains: the whole, the chains and their beginnings, every limb. */
  readonly draws: { readonly whole: boolean; readonly chains: boolean; readonly each: boolean };
  /** Two joints a limb, where each group's limbs begin in the table (and the last ones end), the groups' limbs. */
  readonly table: Uint32Array;
}

const known = new WeakMap<Skeleton, Map<string, LimbPlan>>();

/** The plan for a grouping, worked out once. @throws Error where the skeleton has no such grouping */
export function limbPlan(skeleton: Skeleton, grouping: string): LimbPlan {
  const plans = known.get(skeleton) ?? new Map<string, LimbPlan>();
  known.set(skeleton, plans);
  const plan = plans.get(grouping) ?? makePlan(skeleton, groupsOf(skeleton, grouping));
  plans.set(grouping, plan);
  return plan;
}

function makePlan(skeleton: Skeleton, groups: readonly LimbGroup[]): LimbPlan {
  const chain = chainLength(skeleton);
  const draws = chain > 0 ? chainGroups(skeleton, chain, groups) : null;
  return {
    channels: groups.length,
    chain: draws ? chain : 0,
    draws: draws ?? { whole: false, chains: false, each: false },
    table: tableOf(skeleton, groups),
  };
}

/** How many limbs each chain has where limb l leads to joint l + 1, from the root, joint 0, or from the joint before; else 0. */
function chainLength({ joints, limbs, root }: Skeleton): number {
  if (root !== 0) return 0;
  const second = limbs.findIndex(({ from }, l) => l > 0 && from === root);
  const chain = second < 0 ? limbs.length : second;
  const inOrder = limbs.every(({ from, to }, l) => to === l + 1 && from === (l % chain === 0 ? root : l));
  return inOrder && joints.length === limbs.length + 1 && limbs.length % chain === 0 ? chain : 0;
}

/** Which of the channels that the kernel draws along chains these groups are; null where they are others. */
function chainGroups({ limbs }: Skeleton, chain: number, groups: readonly LimbGroup[]): LimbPlan["draws"] | null {
  const all = limbs.map((_, l) => l);
  const first = (l: number) => l % chain === 0;
  const chains = all.filter(first).map((begin) => all.slice(begin + 1, begin + chain));
  const [whole, parts] = [[all], [...chains, all.filter(first)]];
  const wanted = JSON.stringify(groups.map((group) => group.limbs));
  const is = (...channels: number[][]) => JSON.stringify(channels) === wanted;
  if (is(...whole)) return { whole: true, chains: false, each: false };
  if (is(...parts)) return { whole: false, chains: true, each: false };
  if (is(...whole, ...parts)) return { whole: true, chains: true, each: false };
  return is(...all.map((l) => [l])) ? { whole: false, chains: false, each: true } : null;
}

function tableOf({ limbs }: Skeleton, groups: readonly LimbGroup[]): Uint32Array {
  const begins = [2 * limbs.length + groups.length + 1];
  for (const group of groups) begins.push(begins[begins.length - 1] + group.limbs.length);
  const ends = limbs.flatMap(({ from, to }) => [from, to]);
  return Uint32Array.from([...ends, ...begins, ...groups.flatMap((group) => group.limbs)]);
}
