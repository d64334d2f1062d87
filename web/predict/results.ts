import { groupsOf, type Skeleton } from "../../masks/index";
import { encodeSafetensors } from "../../model/files/index";
import type { Maps } from "../../train/pictures/index";
import { pairsOf } from "../../train/pose/index";
import { barChart, button, download, h, mapCanvas, maximum, paintMap } from "../ui/index";
import type { Prediction } from "./run";

/** The maps of every stage, and how sure the network is of each joint. */
export class Results {
  readonly element = h("div", {});
  readonly #none = h("p", { class: "hint" }, "What the network sees, stage by stage, will be here.");
  readonly #parts = h("div", { class: "results" });
  readonly #maps = h("div", {});
  readonly #bars = h("div", {});
  readonly #joint = h("select", { onchange: () => this.#draw() });
  readonly #group = h("select", { onchange: () => this.#draw() });
  #shown: Prediction | null = null;

  constructor() {
    this.#parts.hidden = true;
    this.element.append(this.#none, this.#parts);
    this.#parts.append(
      h("div", { class: "actions" }, labelled("Joint", this.#joint), labelled("Limbs", this.#group)),
      this.#maps,
      h("section", {}, h("h3", {}, "How sure of each joint"), this.#bars),
      h(
        "div",
        { class: "actions" },
        button("Save the joints", () => this.#shown && saveJoints(this.#shown)),
        button("Save the maps", () => this.#shown && saveMaps(this.#shown)),
      ),
    );
  }

  show(prediction: Prediction): void {
    if (this.#shown?.skeleton !== prediction.skeleton) this.#offer(prediction.skeleton);
    this.#shown = prediction;
    this.#parts.hidden = false;
    this.#none.hidden = true;
    this.#group.parentElement!.hidden = (prediction.limbs[0]?.channels ?? 1) === 1;
    this.#draw();
  }

  /** Lets a skeleton's joints and groups be chosen from. */
  #offer(skeleton: Skeleton): void {
    const options = (names: readonly { name: string }[]) => names.map(({ name }) => h("option", {}, name));
    this.#joint.replaceChildren(h("option", {}, "all joints"), ...options(skeleton.joints));
    this.#group.replaceChildren(...options(groupsOf(skeleton, skeleton.pictured)));
  }

  #draw(): void {
    if (!this.#shown) return;
    const { skeleton, limbs, heatmaps, confidence } = this.#shown;
    const joint = this.#joint.selectedIndex;
    const first = 1 + limbs.length;
    this.#maps.replaceChildren(
      limbs.length > 0 ? stages("Limb masks", 1, limbs, (maps) => channel(maps, this.#group.selectedIndex)) : "",
      stages("Confidence maps", first, heatmaps, (maps) =>
        joint === 0 ? maximum(maps.data, maps.width * maps.height) : channel(maps, joint - 1),
      ),
    );
    const bars = skeleton.joints.map(({ name }, j) => ({ name, value: Math.max(0, confidence[j]), note: "" }));
    this.#bars.replaceChildren(barChart("Confidence by joint", "", bars, 1));
  }
}

const labelled = (text: string, control: HTMLElement) => h("label", { class: "labelled" }, text, control);

const channel = ({ data, channels, width, height }: Maps, index: number): Float32Array => {
  const at = Math.min(index, channels - 1) * width * height;
  return data.subarray(at, at + width * height);
};

/** One picture a stage, numbered from `first`. */
function stages(title: string, first: number, all: readonly Maps[], pick: (maps: Maps) => Float32Array): HTMLElement {
  const figures = all.map((maps, i) => {
    const canvas = mapCanvas(maps, `${title} of stage ${first + i}`);
    paintMap(canvas, pick(maps));
    return h("figure", {}, canvas, h("figcaption", {}, `stage ${first + i}`));
  });
  return h("section", {}, h("h3", {}, title), h("div", { class: "stages" }, ...figures));
}

/** As `nsrm infer` writes joints. */
function saveJoints({ points, confidence }: Prediction): void {
  const joints = pairsOf(points);
  download("joints.json", [`${JSON.stringify({ joints, confidence }, null, 1)}\n`], "application/json");
}

/** Limb masks `limb.STAGE` [channels, h, w], confidence maps `heat.STAGE` [J, h, w]. */
function saveMaps({ limbs, heatmaps }: Prediction): void {
  const named = (name: string, first: number, all: readonly Maps[]) =>
    all.map(({ data, channels, height, width }, i) => ({
      name: `${name}.${first + i}`,
      shape: [channels, height, width],
      data,
    }));
  const tensors = [...named("limb", 1, limbs), ...named("heat", 1 + limbs.length, heatmaps)];
  download("maps.safetensors", encodeSafetensors(tensors) as Uint8Array<ArrayBuffer>[]);
}
