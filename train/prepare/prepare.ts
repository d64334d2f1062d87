import { basename, dirname, extname } from "node:path";
import { UserError } from "../../engine/index";
import { HAND } from "../../masks/index";
import { statsOf } from "../../model/files/node";
import { type RgbImage, SPLITS, type SplitName } from "../data/index";
import { makeFolder, NsrmFolder, openCounter } from "../files/node";
import { isPlaced } from "../pose/index";
import { type SplitOptions, splitGroups } from "../source/node";
import {
  type Format,
  type Found,
  reorder,
  reorderPoints,
  type Settings,
  type Skipped,
  type SourceHand,
} from "./contract/node";
import { type Cut, cutOut, openPhoto, whyOutside, whyUnfit } from "./cut";
import { type FormatName, loadFormat } from "./formats/node";

export interface PrepareOptions {
  readonly format: FormatName;
  /** A dataset's folder, or its one annotation file; and the folder to make. */
  readonly source: string;
  readonly target: string;
  /** The crops' side in pixels. */
  readonly size: number;
  readonly split: SplitOptions;
  /** Hands with fewer labelled joints are left out. */
  readonly minJoints: number;
  /** Of the format's own options. */
  readonly settings?: Settings;
  readonly silent?: boolean;
  readonly stop?: AbortSignal;
}

/** What was made of a dataset. */
export interface Prepared {
  readonly photos: number;
  readonly hands: Record<SplitName, number>;
  /** Over all hands that were taken: joints labelled, seen, and missing (which are fitted). */
  readonly joints: { readonly labelled: number; readonly visible: number; readonly missing: number };
  readonly skipped: readonly Skipped[];
  readonly notes: readonly string[];
}

/** Photographs in work at a time: each may take 300 MB. */
const CONCURRENCY = 2;

/**
 * Cuts the hands of a dataset out of its photographs and writes them as a folder in the NSRM layout, whole or not at all.
 * Photographs and hands that cannot be used are left out and told in `skipped`; the others keep their split whatever is
 * left out, since that is decided before.
 * @throws UserError for labels that are not of the format, a target that has something in it, or when nothing is left
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  if (!statsOf(options.source)) throw new UserError(`${options.source}: no such file or folder`);
  const { hands, skipped, notes } = readHands(await loadFormat(options.format), options);
  const splits = splitGroups([...new Set(hands.map(({ group }) => group))], options.split);
  const names = nameAll(hands);
  const photos = byPhoto(hands);
  return makeFolder(options.target, async (root) => {
    const folder = await NsrmFolder.create(root);
    const counter = openCounter({ total: photos.length, what: "photographs", silent: options.silent });
    const taken: SourceHand[] = [];
    const unusable = new Map<SourceHand, string>();
    try {
      await eachOf(photos, CONCURRENCY, async (photo, done) => {
        options.stop?.throwIfAborted();
        for await (const { hand, ...cut } of cutsOf(photo, options, unusable)) {
          const { jpeg, ...labels } = cut;
          await folder.add({ name: names.get(hand)!, split: splits.get(hand.group)!, ...labels }, jpeg);
          taken.push(hand);
        }
        counter.update(done);
      });
    } finally {
      counter.stop();
    }
    // Photographs are done in no fixed order; what is said of them is in the dataset's.
    for (const hand of hands) {
      const why = unusable.get(hand);
      if (why) skipped.push({ what: describe(hand), why });
    }
    if (taken.length === 0) throw new UserError(nothingLeft(options.source, skipped));
    // Splits list their images in the order in which groups were dealt out.
    const dealt = new Map([...splits.keys()].map((group, i) => [group, i]));
    const inOrder = [...hands].sort((a, b) => dealt.get(a.group)! - dealt.get(b.group)!);
    await folder.finish(inOrder.map((hand) => names.get(hand)!));
    const summary = summarise(taken, splits);
    return { ...summary, skipped, notes: [...notes, ...emptySplits(summary.hands)] };
  });
}

/** What the dataset holds, its hands in NSRM's joint order. */
function readHands({ read, order }: Format, { source, settings = {} }: PrepareOptions): Found {
  const { hands, skipped, notes } = read(source, settings);
  if (!order) return { hands, skipped, notes };
  const inOrder = hands.map((hand) => ({
    ...hand,
    points: reorderPoints(hand.points, order),
    visible: reorder(hand.visible, order),
  }));
  return { hands: inOrder, skipped, notes };
}

/** The crops of a photograph's hands; of those that cannot be used it is noted why. */
async function* cutsOf(
  photo: readonly SourceHand[],
  { minJoints, size }: PrepareOptions,
  unusable: Map<SourceHand, string>,
): AsyncGenerator<Cut & { hand: SourceHand }> {
  const usable = photo.filter((hand) => {
    const why = whyUnfit(hand, minJoints);
    if (why) unusable.set(hand, why);
    return !why;
  });
  if (usable.length === 0) return;
  const image = await openPhoto(usable[0]);
  for (const hand of usable) {
    const why = typeof image === "string" ? image : whyOutside(hand, image);
    if (why) unusable.set(hand, why);
    else yield { hand, ...(await cutOut(hand, image as RgbImage, size)) };
  }
}

function summarise(taken: readonly SourceHand[], splits: ReadonlyMap<string, SplitName>) {
  const hands = { train: 0, valid: 0, test: 0 };
  for (const { group } of taken) hands[splits.get(group)!]++;
  const labelled = count(taken, ({ points }) => HAND.joints.map((_, j) => isPlaced(points, j)));
  const visible = count(taken, (hand) => hand.visible);
  return {
    photos: new Set(taken.map(({ path }) => path)).size,
    hands,
    joints: { labelled, visible, missing: HAND.joints.length * taken.length - labelled },
  };
}

const count = (hands: readonly SourceHand[], flags: (hand: SourceHand) => readonly boolean[]): number =>
  hands.reduce((sum, hand) => sum + flags(hand).filter(Boolean).length, 0);

/** Hands by photograph, in order. */
function byPhoto(hands: readonly SourceHand[]): SourceHand[][] {
  const photos = new Map<string, SourceHand[]>();
  for (const hand of hands) {
    const list = photos.get(hand.path);
    if (list) list.push(hand);
    else photos.set(hand.path, [hand]);
  }
  return [...photos.values()];
}

const describe = ({ photo, suffix }: SourceHand): string => (suffix ? `${photo} (hand ${suffix})` : photo);

/** File names of crops: the photograph's, with its folders where two have one name, and the hand's suffix. */
export function nameAll(hands: readonly SourceHand[]): Map<SourceHand, string> {
  const stem = (photo: string) => basename(photo, extname(photo));
  const paths = new Map<string, Set<string>>();
  for (const { photo } of hands) paths.set(stem(photo), (paths.get(stem(photo)) ?? new Set()).add(photo));
  const used = new Set<string>();
  return new Map(
    hands.map((hand) => {
      const { photo, suffix } = hand;
      const alone = paths.get(stem(photo))!.size === 1;
      const full = alone
        ? stem(photo)
        : [...dirname(photo).split(/[/\\]/), stem(photo)].filter((p) => p !== ".").join("_");
      const base = suffix ? `${full}_${suffix}` : full;
      let name = `${base}.jpg`;
      for (let n = 2; used.has(name); n++) name = `${base}-${n}.jpg`;
      used.add(name);
      return [hand, name] as const;
    }),
  );
}

/** Runs `task` over the items, so many at a time, and stops at the first that fails. */
async function eachOf<T>(items: readonly T[], most: number, task: (item: T, done: number) => Promise<void>) {
  let [next, done, failed] = [0, 0, false];
  const worker = async () => {
    while (next < items.length && !failed) {
      try {
        await task(items[next++], ++done);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: most }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
}

function nothingLeft(source: string, skipped: readonly Skipped[]): string {
  if (skipped.length === 0) return `${source}: there are no hands in it`;
  const [{ what, why }] = skipped;
  const more = skipped.length > 1 ? ` (and ${skipped.length - 1} more)` : "";
  return `${source}: no hand could be taken: ${what}: ${why}${more}`;
}

const emptySplits = (hands: Record<SplitName, number>): string[] =>
  SPLITS.filter((split) => hands[split] === 0).map((split) => `the ${split} split is empty: training needs all three`);
