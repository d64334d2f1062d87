import type { Skeleton } from "../../masks/index";
import { pointAt } from "../../train/pose/index";
import { h, mapCanvas, paintMap } from "../ui/index";
import { type Drawn, type MaskSettings, SIDE } from "./render";

/** Cells of the map around the limb's far end that are shown. */
const WINDOW = 19;

/** LPM of one limb with the original's squashed far end beside the round one, which the paper describes. */
export class EndCaps {
  readonly element: HTMLElement;
  readonly #name = h("b", {}, "");
  readonly #canvases = {
    original: mapCanvas({ width: WINDOW, height: WINDOW }, "the original's end cap"),
    round: mapCanvas({ width: WINDOW, height: WINDOW }, "a round end cap"),
  };

  constructor(private readonly skeleton: Skeleton) {
    const figure = (canvas: HTMLCanvasElement, text: string) => h("figure", {}, canvas, h("figcaption", {}, text));
    this.element = h(
      "section",
      { class: "caps" },
      h("h3", {}, "Two ends of a limb"),
      h(
        "p",
        {},
        this.#name,
        ": in the original's code ",
        h("code", {}, "1 - before | past"),
        " reads ",
        h("code", {}, "(1 - before) | past"),
        ", so past the far end the distance to the line counts on top of that to the end, and the cap comes out squashed.",
      ),
      h(
        "div",
        { class: "pair" },
        figure(this.#canvases.original, "original"),
        figure(this.#canvases.round, "round: the distance to the segment"),
      ),
    );
  }

  /** Shows the limb that ends at a joint; at the root none does, so the first is taken. */
  show(drawn: Drawn, { endCap }: MaskSettings, joint: number): void {
    this.element.hidden = !drawn.otherCap;
    if (!drawn.limbs || !drawn.otherCap) return;
    const { limbs } = this.skeleton;
    const limb = Math.max(
      0,
      limbs.findIndex(({ to }) => to === joint),
    );
    this.#name.textContent = limbs[limb].name;
    const begin = (end: number) => Math.min(Math.max(Math.round(end) - (WINDOW >> 1), 0), SIDE - WINDOW);
    const [left, top] = pointAt(drawn.points, limbs[limb].to).map(begin);
    const of = (maps: Float32Array) =>
      Float32Array.from({ length: WINDOW * WINDOW }, (_, i) => {
        const [x, y] = [left + (i % WINDOW), top + Math.floor(i / WINDOW)];
        return maps[(limb * SIDE + y) * SIDE + x];
      });
    paintMap(this.#canvases[endCap], of(drawn.limbs));
    paintMap(this.#canvases[endCap === "original" ? "round" : "original"], of(drawn.otherCap));
  }
}
