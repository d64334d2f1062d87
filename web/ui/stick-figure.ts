import type { Skeleton } from "../../masks/index";
import { jointColor } from "../../train/pictures/index";
import { isPlaced, type Points, pointAt } from "../../train/pose/index";
import { svg } from "./dom";

/** A joint's colour as style sheets write it. */
export const cssColor = (skeleton: Skeleton, joint: number): string => `rgb(${jointColor(skeleton, joint).join(" ")})`;

/** A skeleton's bones and joints, in the coordinates of the SVG that it is put into. `unit` is what widths are multiples of. */
export class StickFigure {
  readonly element = svg("g", { class: "skeleton" });
  readonly #bones: SVGLineElement[];
  readonly #dots: SVGCircleElement[];

  constructor(
    readonly skeleton: Skeleton,
    unit: number,
    kind: "found" | "true" = "found",
  ) {
    this.element.classList.add(kind);
    const bones = (width: number, outline: boolean) =>
      skeleton.limbs.map(({ to }) =>
        svg("line", {
          class: outline ? "outline" : "bone",
          "stroke-width": width * unit,
          stroke: outline ? undefined : cssColor(skeleton, to),
        }),
      );
    this.#bones = [...bones(2.2, true), ...bones(1.3, false)];
    this.#dots = skeleton.joints.map((_, joint) =>
      svg("circle", { r: 1.25 * unit, fill: cssColor(skeleton, joint), class: "dot" }),
    );
    this.element.append(...this.#bones, ...this.#dots);
  }

  /** Moves it; joints that have no place, and their bones, are left out. @param points [J, 2] */
  place(points: Points): void {
    const { limbs } = this.skeleton;
    const set = (element: SVGElement, values: Record<string, number>, shown: boolean) => {
      element.style.display = shown ? "" : "none";
      if (shown) for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
    };
    for (const [i, line] of this.#bones.entries()) {
      const { from, to } = limbs[i % limbs.length];
      const [[x1, y1], [x2, y2]] = [pointAt(points, from), pointAt(points, to)];
      set(line, { x1, y1, x2, y2 }, isPlaced(points, from) && isPlaced(points, to));
    }
    for (const [joint, dot] of this.#dots.entries()) {
      const [cx, cy] = pointAt(points, joint);
      set(dot, { cx, cy }, isPlaced(points, joint));
    }
  }
}
