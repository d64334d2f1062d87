import type { Evaluation } from "../../train/score/index";
import { RGB, type SyntheticDataset } from "../../train/synthetic/index";
import type { Page } from "../shell/index";
import { h, mapCanvas, paintPlanes, StickFigure, svg } from "../ui/index";

/** Held-out hands that are shown. */
const SHOWN = 8;

/** Held-out hands with the true skeleton, and what the network says of them. */
export class Trials {
  readonly element = h("div", { class: "trials" });
  #figures: StickFigure[] = [];

  /** Draws the hands anew. */
  async open({ gpu, turns }: Page, dataset: SyntheticDataset): Promise<void> {
    const { imageSize: side, skeleton } = dataset;
    const indices = Array.from({ length: SHOWN }, (_, i) => i);
    const pixels = await turns.take(() =>
      gpu.scopeAsync(async () => {
        const images = gpu.empty([SHOWN, 3, side, side]);
        dataset.renderInto(images, indices, RGB);
        return images.data();
      }),
    );
    this.#figures = indices.map(() => new StickFigure(skeleton, side / 110));
    const tiles = indices.map((i) => {
      const canvas = mapCanvas({ width: side, height: side }, `held-out hand ${i + 1}`);
      paintPlanes(canvas, pixels.subarray(i * 3 * side * side, (i + 1) * 3 * side * side));
      const truth = new StickFigure(skeleton, side / 170, "true");
      truth.place(dataset.points(i));
      const overlay = svg("svg", { viewBox: `-0.5 -0.5 ${side} ${side}` }, truth.element, this.#figures[i].element);
      return h("div", { class: "trial" }, canvas, overlay);
    });
    this.element.replaceChildren(...tiles);
  }

  /** Shows where the network now sees the joints. */
  show({ predictions }: Evaluation): void {
    for (const [i, figure] of this.#figures.entries()) figure.place(predictions[i].points);
  }
}
