import type { Skeleton } from "../../masks/index";
import { h, mapCanvas, maximum, paintMap } from "../ui/index";
import { type Drawn, SIDE } from "./render";

const AREA = SIDE * SIDE;

interface Tile {
  button: HTMLButtonElement;
  canvas: HTMLCanvasElement;
  values: (drawn: Drawn) => Float32Array | null;
}

const channel = (maps: Float32Array | null, index: number) => maps?.subarray(index * AREA, (index + 1) * AREA) ?? null;

/** Every map of the hand as a small picture; the one that is pressed lies under the hand. */
export class Gallery {
  readonly element: HTMLElement;
  readonly #tiles: Tile[] = [];
  #chosen = { joints: 0, limbs: 0 };
  #drawn: Drawn | null = null;
  readonly #joints: HTMLElement;
  readonly #limbs: HTMLElement;

  /** @param onChoose gets the values of the map that is to lie under the hand */
  constructor(
    { joints, limbs, groupings, pictured }: Skeleton,
    private readonly onChoose: (values: Float32Array) => void,
  ) {
    this.#joints = h(
      "div",
      {},
      this.#section("Together", [["the largest of all", ({ joints }) => joints && maximum(joints, AREA)]]),
      this.#section(
        "One a joint",
        joints.map(({ name }, j) => [name, ({ joints }) => channel(joints, j)]),
      ),
    );
    const groups = groupings[pictured].map((group, g): [string, Tile["values"]] => [
      group.name,
      ({ groups }) => channel(groups, g),
    ]);
    this.#chosen.limbs = this.#tiles.length; // the first group
    this.#limbs = h(
      "div",
      {},
      this.#section("Limbs in groups", groups),
      this.#section(
        "Every limb",
        limbs.map(({ name }, l) => [name, ({ limbs }) => channel(limbs, l)]),
      ),
    );
    this.element = h("div", { class: "gallery" });
  }

  /** Shows newly drawn maps. */
  show(drawn: Drawn): void {
    this.#drawn = drawn;
    const shown = drawn.joints ? this.#joints : this.#limbs;
    if (this.element.firstChild !== shown) this.element.replaceChildren(shown);
    for (const { canvas, values } of this.#tiles) {
      const map = values(drawn);
      if (map) paintMap(canvas, map);
    }
    this.#mark();
  }

  #section(title: string, maps: readonly (readonly [string, Tile["values"]])[]): HTMLElement {
    const buttons = maps.map(([name, values]) => {
      const index = this.#tiles.length;
      const canvas = mapCanvas({ width: SIDE, height: SIDE }, name);
      const button = h("button", { type: "button", class: "tile", onclick: () => this.#choose(index) }, canvas);
      button.append(h("span", {}, name));
      this.#tiles.push({ button, canvas, values });
      return button;
    });
    return h("section", {}, h("h3", {}, title), h("div", { class: "tiles" }, ...buttons));
  }

  #choose(index: number): void {
    this.#chosen[this.#drawn?.joints ? "joints" : "limbs"] = index;
    this.#mark();
  }

  #mark(): void {
    if (!this.#drawn) return;
    const chosen = this.#chosen[this.#drawn.joints ? "joints" : "limbs"];
    for (const [i, { button }] of this.#tiles.entries()) button.setAttribute("aria-pressed", String(i === chosen));
    this.onChoose(this.#tiles[chosen].values(this.#drawn)!);
  }
}
