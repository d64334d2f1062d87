import { UserError } from "../../engine/index";
import { type Dtype, quote } from "../files/index";
import { type NetworkSpec, networkParameters } from "../network/index";
import type { StateDict } from "./torch-file";

/** Weights that have been found to be a network's, under the names that they have here. */
export interface NetworkWeights {
  /** Architecture, limb-mask channels and widths, as the shapes tell. */
  readonly spec: NetworkSpec;
  /** Where in the file they stand, such as "state_dict"; empty where there is nothing else. */
  readonly where: string;
  readonly parameters: ReadonlyMap<string, { shape: readonly number[]; value: Float32Array<ArrayBuffer> }>;
}

/** A tensor that every network here has, and one that every VGG of torchvision has. */
const LANDMARK = "vgg19.backbone.0.weight";
const VGG_LANDMARK = "features.0.weight";

/**
 * Finds the one network, NSRM or CPM, in a file.
 * @param pick which, where there are several: what `where` is to be; by default the one at the top
 * @returns null where no tensor has the name that every network here has
 * @throws UserError naming the file for several networks and no pick, and for one that lacks a parameter, has one too
 *   many, or one of a shape that does not go with the others
 */
export function findNetwork(path: string, dicts: readonly StateDict[], pick?: string): NetworkWeights | null {
  const found = dicts.flatMap((dict) => candidates(path, dict, LANDMARK));
  if (found.length === 0) return null;
  const only = pick === undefined && found.length === 1 ? found[0] : null;
  const chosen = only ?? found.find(({ where }) => where === (pick ?? ""));
  if (!chosen) {
    const places = found.slice(0, MANY).map(({ where }) => where || '""');
    throw new UserError(
      `${path}: its networks are ${places.join(", ")}${found.length > MANY ? ", ..." : ""}; pick one (nsrm import --pick)`,
    );
  }
  const { dict, where } = chosen;
  const names = namesOf(chosen);
  const shapes = new Map([...names].map(([name, theirs]) => [name, dict.shape(theirs)]));
  const spec = specOf(path, shapes);
  checkShapes(path, spec, shapes, (name) => DTYPES_OF_COUNTERS.has(dict.dtype(names.get(name)!)));
  const entries = networkParameters(spec).map(
    ({ name, shape }) => [name, { shape, value: dict.f32(names.get(name)!) }] as const,
  );
  return { spec, where, parameters: new Map(entries) };
}

/** torchvision's numbers of the convolutions that the features are made of. */
const VGG19 = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25];

/**
 * Finds torchvision's VGG19: `features.N.weight` and `.bias` of the convolutions that a network here begins with.
 * @returns null where there is no `features.0.weight`
 * @throws UserError naming the file for another VGG
 */
export function findVgg19(path: string, dicts: readonly StateDict[]): NetworkWeights["parameters"] | null {
  const chosen = dicts.flatMap((dict) => candidates(path, dict, VGG_LANDMARK))[0];
  if (!chosen) return null;
  const { dict } = chosen;
  const names = namesOf(chosen);
  const entries = VGG19.flatMap((n) => [`features.${n}.weight`, `features.${n}.bias`]).map((name) => {
    const theirs = names.get(name);
    if (theirs === undefined) throw new UserError(`${path}: it has no tensor "${name}"; expected torchvision's VGG19`);
    return [name, { shape: dict.shape(theirs), value: dict.f32(theirs) }] as const;
  });
  return new Map(entries);
}

/** Tensors of one dict whose names have a common beginning. */
interface Candidate {
  readonly dict: StateDict;
  /** Names without wrappers -> names in the dict, all of them. */
  readonly names: ReadonlyMap<string, string>;
  /** The common beginning, and those of the dict's other candidates. */
  readonly beginning: string;
  readonly others: readonly string[];
  readonly where: string;
}

function candidates(path: string, dict: StateDict, landmark: string): Candidate[] {
  const names = new Map<string, string>();
  for (const name of dict.names) {
    const plain = withoutWrappers(name);
    if (names.has(plain)) throw new UserError(`${path}: ${quote(name)} and ${quote(names.get(plain)!)} are one name`);
    names.set(plain, name);
  }
  const beginnings = [...names.keys()]
    .filter((name) => name === landmark || name.endsWith(`.${landmark}`))
    .map((name) => name.slice(0, -landmark.length));
  if (beginnings.length > MANY) throw new UserError(`${path}: it holds ${beginnings.length} networks`);
  return beginnings.map((beginning) => ({
    dict,
    names,
    beginning,
    others: beginnings.filter((other) => other !== beginning),
    where: [dict.where, beginning.slice(0, -1)].filter(Boolean).join("."),
  }));
}

/** More networks than anyone keeps in one file. */
const MANY = 20;

/** nn.DataParallel puts `module.` before a model's names, torch.compile `_orig_mod.`. */
const withoutWrappers = (name: string): string =>
  name
    .split(".")
    .filter((part) => part !== "module" && part !== "_orig_mod")
    .join(".");

/** A candidate's names without their beginning -> names in the dict. What another candidate's longer one fits is not its. */
function namesOf({ names, beginning, others }: Candidate): Map<string, string> {
  const longer = others.filter((other) => other.startsWith(beginning));
  const own = [...names].filter(
    ([name]) => name.startsWith(beginning) && !longer.some((other) => name.startsWith(other)),
  );
  return new Map(own.map(([name, theirs]) => [name.slice(beginning.length), theirs]));
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Architecture and widths, each from the one parameter that tells it first. */
function specOf(path: string, shapes: Shapes): NetworkSpec {
  const outChannels = (name: string): number => {
    const shape = shapes.get(name);
    if (!shape) throw new UserError(`${path}: it has no "${name}"`);
    if (shape.length !== 4) throw new UserError(`${path}: "${name}" is [${shape.join(", ")}]; expected four axes`);
    return shape[0];
  };
  const block = (n: number) => outChannels(`vgg19.backbone.${n}.weight`);
  const widths = {
    vgg: [block(0), block(5), block(10), block(19)] as const,
    feat: outChannels("vgg19.conv5_3.weight"),
    stage: outChannels("stage2.Mconv1.conv.weight"),
    hid: outChannels("stage1.stage1_1.weight"),
  };
  const first = outChannels("stage1.stage1_2.weight");
  const keypointChannels = outChannels("stage6.Mconv7.weight");
  if (first === keypointChannels) return { architecture: "CPM", widths, limbChannels: 1, keypointChannels };
  if (first === 1 || first === 7) return { architecture: "NSRM", widths, limbChannels: first, keypointChannels };
  throw new UserError(
    `${path}: its stage 1 has ${first} channels; expected 1 (G1), 7 (G1&6), or ${keypointChannels} as its last stage ` +
      "(a CPM without limb masks)",
  );
}

/** @param ignored whether a tensor that is no parameter may stay unread */
function checkShapes(path: string, spec: NetworkSpec, shapes: Shapes, ignored: (name: string) => boolean): void {
  const known = new Map(networkParameters(spec).map(({ name, shape }) => [name, shape]));
  for (const [name, wanted] of known) {
    const got = shapes.get(name);
    if (!got) throw new UserError(`${path}: it has no "${name}"`);
    if (got.join() !== wanted.join()) {
      throw new UserError(`${path}: "${name}" is [${got.join(", ")}]; expected [${wanted.join(", ")}]`);
    }
  }
  for (const name of shapes.keys()) {
    if (!known.has(name) && !ignored(name))
      throw new UserError(`${path}: ${quote(name)} is no parameter of this network`);
  }
}

/** Counts of steps or batches that modules keep as tensors. */
const DTYPES_OF_COUNTERS: ReadonlySet<Dtype> = new Set<Dtype>(["I64", "I32", "BOOL"]);
