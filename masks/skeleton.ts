/** What is looked for in a picture: joints, the limbs between them, and how these are drawn, grouped, coloured and scored. */
export interface Skeleton {
  /** Such as "hand". */
  readonly name: string;
  /** In the order of labels, of confidence maps and of predictions: J of them. */
  readonly joints: readonly Joint[];
  /** In the order of a limb map that has a channel for each. */
  readonly limbs: readonly Limb[];
  /** The joint that the others hang on. */
  readonly root: number;
  /** A joint that stands for all where pictures have room for one: an outer one. */
  readonly landmark: number;
  /** The joints divided by what they belong to, which scores are told by and which have a colour each; the root's first. */
  readonly parts: readonly SkeletonPart[];
  /** What most parts are, such as "finger": scores and pictures are told by it. */
  readonly partKind: string;
  /** The ways in which limbs are united into channels of limb maps, by name; EACH is every limb by itself. */
  readonly groupings: Readonly<Record<string, readonly LimbGroup[]>> & { readonly EACH: readonly LimbGroup[] };
  /** The grouping that pictures show: every limb in a channel that has a colour. */
  readonly pictured: string;
}

/** A place that is labelled and predicted. */
export interface Joint {
  readonly name: string;
  /** The joint that it is in the mirror: a left eye's is the right one. Itself where it has no counterpart. */
  readonly mirror: number;
}

/** What is drawn as a bone between two joints, given by their indices. */
export interface Limb {
  /** Such as "wrist to thumb CMC". */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** A channel of a limb map: the limbs that it unites, by index. */
export interface LimbGroup {
  readonly name: string;
  readonly limbs: readonly number[];
}

/** Joints that belong together, by index: a finger. */
export interface SkeletonPart {
  readonly name: string;
  readonly joints: readonly number[];
}

/** A skeleton as it is written down: joints by name, limbs by their place in the list. */
export interface SkeletonDefinition {
  readonly name: string;
  readonly joints: readonly string[];
  /** Pairs of joints that change places in the mirror; all others stay. */
  readonly mirrored?: readonly (readonly [string, string])[];
  /** From joint to joint. */
  readonly limbs: readonly (readonly [from: string, to: string])[];
  readonly root: string;
  readonly landmark: string;
  readonly parts: readonly { readonly name: string; readonly joints: readonly string[] }[];
  readonly partKind: string;
  /** Without EACH, which every skeleton has. */
  readonly groupings: Readonly<Record<string, readonly LimbGroup[]>>;
  readonly pictured: string;
}

/** @throws Error naming what does not fit: a joint that is not there or named twice, a limb out of the list, a joint in no part, ... */
export function defineSkeleton(definition: SkeletonDefinition): Skeleton {
  const { name, joints: names, mirrored = [], parts, partKind, groupings, pictured } = definition;
  const fail = (what: string): never => {
    throw new Error(`skeleton ${name}: ${what}`);
  };
  const index = new Map(names.map((joint, j) => [joint, j]));
  if (index.size !== names.length) fail("two of its joints have one name");
  const at = (joint: string): number => index.get(joint) ?? fail(`it has no joint "${joint}"`);

  const partners = new Map(mirrored.flatMap(([a, b]) => [[at(a), at(b)] as const, [at(b), at(a)] as const]));
  if (partners.size !== 2 * mirrored.length) fail("a joint has two partners in the mirror, or itself");
  const limbs = definition.limbs.map(([from, to]) => ({ name: `${from} to ${to}`, from: at(from), to: at(to) }));
  for (const [grouping, groups] of Object.entries(groupings)) {
    if (groups.some((group) => group.limbs.some((l) => !limbs[l]))) fail(`${grouping} has a limb that is not there`);
  }
  const all = { ...groupings, EACH: limbs.map((limb, l): LimbGroup => ({ name: limb.name, limbs: [l] })) };
  if (!Object.hasOwn(all, pictured)) fail(`it has no grouping "${pictured}"`);
  const divided = parts.map((part) => ({ name: part.name, joints: part.joints.map(at) }));
  const listed = divided.flatMap((part) => part.joints).sort((a, b) => a - b);
  if (listed.join() !== names.map((_, j) => j).join()) fail("its parts have not every joint once");
  const root = at(definition.root);
  if (!divided[0].joints.includes(root)) fail("its first part is not the root's");
  return {
    name,
    joints: names.map((joint, j) => ({ name: joint, mirror: partners.get(j) ?? j })),
    limbs,
    root,
    landmark: at(definition.landmark),
    parts: divided,
    partKind,
    groupings: all,
    pictured,
  };
}

/** The channels of a grouping. @throws Error where the skeleton has none of that name */
export function groupsOf({ name, groupings }: Skeleton, grouping: string): readonly LimbGroup[] {
  if (Object.hasOwn(groupings, grouping)) return groupings[grouping];
  throw new Error(`skeleton ${name}: no grouping ${grouping}; it has ${Object.keys(groupings).join(", ")}`);
}

/** The groups that a limb map of so many channels has, the first grouping that fits; null where none does. */
export const groupsOfChannels = ({ groupings }: Skeleton, channels: number): readonly LimbGroup[] | null =>
  Object.values(groupings).find((groups) => groups.length === channels) ?? null;

/** Where in `parts` a joint's part stands. */
export const partOf = ({ parts }: Skeleton, joint: number): number =>
  parts.findIndex(({ joints }) => joints.includes(joint));
