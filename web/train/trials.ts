import type { Evaluation } from "../../train/score/index";
import { RGB, type SyntheticDataset } from "../../train/synthetic/index";
import type { Page } from "../shell/index";
import { h, mapCanvas, type Point, paintPlanes, Skeleton, svg } from "../ui/index";

/** Held-out hands that are shown. */
const SHOWN = 8;

/** Held-out hands with the true skeleton, and what the network says of them. */
export class Trials {
  readonly element = h("div", { class: "trials" });
  #skeletons: Skeleton[] = [];

  /** Draws the hands anew. */
  async open({ gpu, turns }: Page, dataset: SyntheticDataset): Promise<void> {
    const { imageSize: side } = dataset;
    const indices = Array.from({ length: SHOWN }, (_, i) => i);
    const pixels = await turns.take(() =>
      gpu.scopeAsync(async () => {
        const images = gpu.empty([SHOWN, 3, side, side]);
        dataset.renderInto(images, indices, RGB);
        return images.data();
      }),
    );
    this.#skeletons = indices.map(() => new Skeleton(side / 110));
    const tiles = indices.map((i) => {
      const canvas = mapCanvas({ width: side, height: side }, `held-out hand ${i + 1}`);
      paintPlanes(canvas, pixels.subarray(i * 3 * side * side, (i + 1) * 3 * side * side));
      const truth = new Skeleton(side / 170, "true");
      truth.place(pairs(dataset.labels(i)));
      const overlay = svg("svg", { viewBox: `-0.5 -0.5 ${side} ${side}` }, truth.element, this.#skeletons[i].element);
      return h("div", { class: "trial" }, canvas, overlay);
    });
    this.element.replaceChildren(...tiles);
  }

  /** Shows where the network now sees the joints. */
  show({ predictions }: Evaluation): void {
    for (const [i, skeleton] of this.#skeletons.entries()) skeleton.place(predictions[i].joints as unknown as Point[]);
  }
}

const pairs = (flat: Float64Array): Point[] =>
  Array.from({ length: flat.length / 2 }, (_, j) => [flat[2 * j], flat[2 * j + 1]]);
