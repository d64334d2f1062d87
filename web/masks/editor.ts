import type { Skeleton } from "../../masks/index";
import { type Point, type Points, pointAt } from "../../train/pose/index";
import { cssColor, h, mapCanvas, StickFigure, svg } from "../ui/index";
import { SIDE } from "./render";

/** Cells that an arrow key moves a joint by, alone and with Shift. */
const STEP = 0.5;
const LEAP = 3;

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A hand over one of its maps, whose joints can be dragged, or moved by the arrow keys. */
export class HandEditor {
  readonly element: HTMLElement;
  /** The map under the hand. */
  readonly map = mapCanvas({ width: SIDE, height: SIDE }, "the chosen map");
  readonly #figure: StickFigure;
  readonly #handles: SVGCircleElement[];
  readonly #svg: SVGSVGElement;
  #points: Points;

  /** @param onMove is told of every change, and which joint moved; @param onChoose which joint was taken hold of */
  constructor(
    private readonly skeleton: Skeleton,
    private readonly onMove: (joint: number) => void,
    private readonly onChoose: (joint: number) => void,
  ) {
    const { name, joints } = skeleton;
    this.#points = new Float64Array(2 * joints.length);
    this.#figure = new StickFigure(skeleton, 0.42);
    this.#handles = joints.map((each, joint) => this.#handle(each.name, joint));
    // Cell i has its centre at coordinate i.
    const viewBox = `-0.5 -0.5 ${SIDE} ${SIDE}`;
    const label = `The ${name}'s ${joints.length} joints`;
    this.#svg = svg("svg", { viewBox, role: "group", "aria-label": label }, this.#figure.element);
    this.#svg.append(...this.#handles);
    this.element = h("div", { class: "editor" }, this.map, this.#svg);
  }

  /** [J, 2] in cells, as they stand. */
  get points(): Points {
    return this.#points;
  }

  set points(points: Points) {
    this.#points = points.slice();
    this.#show();
  }

  #handle(name: string, joint: number): SVGCircleElement {
    const handle = svg("circle", {
      r: 1.6,
      class: "handle",
      tabindex: 0,
      role: "slider",
      "aria-roledescription": "joint to be moved",
      "aria-label": name,
      "aria-valuemin": 0,
      "aria-valuemax": SIDE - 1,
      stroke: cssColor(this.skeleton, joint),
      onfocus: () => this.onChoose(joint),
      onkeydown: (event: KeyboardEvent) => this.#press(event, joint),
      onpointerdown: (event: PointerEvent) => {
        event.preventDefault();
        handle.focus();
        handle.setPointerCapture(event.pointerId);
      },
      onpointermove: (event: PointerEvent) => {
        if (handle.hasPointerCapture(event.pointerId)) this.#move(joint, this.#cellAt(event));
      },
    });
    handle.append(svg("title", {}, name));
    return handle;
  }

  #press(event: KeyboardEvent, joint: number): void {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const by = event.shiftKey ? LEAP : STEP;
    const [x, y] = pointAt(this.#points, joint);
    this.#move(joint, [x + by * arrow[0], y + by * arrow[1]]);
  }

  /** Where on the map a pointer is. */
  #cellAt(event: PointerEvent): Point {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.#svg.getScreenCTM()!.inverse());
    return [x, y];
  }

  #move(joint: number, [x, y]: Point): void {
    const inside = (v: number) => Math.min(Math.max(v, 0), SIDE - 1);
    this.#points.set([inside(x), inside(y)], 2 * joint);
    this.#show();
    this.onMove(joint);
  }

  #show(): void {
    this.#figure.place(this.#points);
    for (const [joint, handle] of this.#handles.entries()) {
      const [x, y] = pointAt(this.#points, joint);
      handle.setAttribute("cx", String(x));
      handle.setAttribute("cy", String(y));
      handle.setAttribute("aria-valuenow", x.toFixed(1));
      handle.setAttribute("aria-valuetext", `column ${x.toFixed(1)}, row ${y.toFixed(1)}`);
    }
  }
}
