import { JOINTS, LIMBS } from "../../masks/index";
import { jointColor } from "../../train/pictures/index";
import { svg } from "./dom";

export type Point = readonly [x: number, y: number];

/** A joint's colour as style sheets write it. */
export const cssColor = (joint: number): string => `rgb(${jointColor(joint).join(" ")})`;

/** A hand's bones and joints, in the coordinates of the SVG that it is put into. `unit` is what widths are multiples of. */
export class Skeleton {
  readonly element = svg("g", { class: "skeleton" });
  readonly #bones: SVGLineElement[];
  readonly #dots: SVGCircleElement[];

  constructor(unit: number, kind: "found" | "true" = "found") {
    this.element.classList.add(kind);
    const bones = (width: number, outline: boolean) =>
      LIMBS.map(([, to]) =>
        svg("line", {
          class: outline ? "outline" : "bone",
          "stroke-width": width * unit,
          stroke: outline ? undefined : cssColor(to),
        }),
      );
    this.#bones = [...bones(2.2, true), ...bones(1.3, false)];
    this.#dots = JOINTS.map((_, joint) => svg("circle", { r: 1.25 * unit, fill: cssColor(joint), class: "dot" }));
    this.element.append(...this.#bones, ...this.#dots);
  }

  /** Moves it; joints that are not finite, and their bones, are left out. */
  place(joints: readonly Point[]): void {
    const known = (joint: number) => Number.isFinite(joints[joint][0] + joints[joint][1]);
    const set = (element: SVGElement, values: Record<string, number>, shown: boolean) => {
      element.style.display = shown ? "" : "none";
      if (shown) for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
    };
    for (const [i, line] of this.#bones.entries()) {
      const [a, b] = LIMBS[i % LIMBS.length];
      const [[x1, y1], [x2, y2]] = [joints[a], joints[b]];
      set(line, { x1, y1, x2, y2 }, known(a) && known(b));
    }
    for (const [joint, dot] of this.#dots.entries()) {
      const [cx, cy] = joints[joint];
      set(dot, { cx, cy }, known(joint));
    }
  }
}
