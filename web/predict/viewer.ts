import type { Skeleton } from "../../masks/index";
import type { RgbImage } from "../../train/data/index";
import type { Region } from "../../train/infer/index";
import { movePoints, type Point, type Points } from "../../train/pose/index";
import { h, paintPhoto, StickFigure, svg } from "../ui/index";

/** The smallest square that can be looked at, in pixels. */
const LEAST = 16;
/** A larger image is shown smaller, in pixels of its longer side. */
const MOST_SHOWN = 2048;
/** What an arrow key moves or stretches the square by, in parts of its side. */
const STEP = 0.03;

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** An image, the square of it that the network looks at, which can be dragged, and the skeleton that was found. */
export class Viewer {
  readonly element: HTMLElement;
  readonly #canvas = h("canvas", { class: "picture", width: 16, height: 16, role: "img", "aria-label": "the picture" });
  readonly #svg = svg("svg", {});
  readonly #box: SVGRectElement;
  readonly #corner: SVGCircleElement;
  /** What was found, once something was. */
  #figure: StickFigure | null = null;
  #size = { width: 0, height: 0 };
  #region: Region = { x: 0, y: 0, side: 16 };

  /** @param onChange is told of every change of the square */
  constructor(private readonly onChange: () => void) {
    this.#box = svg("rect", {
      class: "box",
      tabindex: 0,
      role: "application", // so that screen readers leave it the arrow keys
      "aria-label": "what the network looks at: arrow keys move it",
    });
    this.#corner = svg("circle", {
      class: "corner",
      tabindex: 0,
      role: "application",
      "aria-label": "its size: arrow keys change it",
    });
    let grip: Point = [0, 0];
    this.#draggable(
      this.#box,
      ([x, y]) => (grip = [x - this.#region.x, y - this.#region.y]),
      ([x, y]) => this.#set({ ...this.#region, x: x - grip[0], y: y - grip[1] }),
      ([dx, dy], { x, y, side }) => ({ x: x + dx * STEP * side, y: y + dy * STEP * side, side }),
    );
    this.#draggable(
      this.#corner,
      () => undefined,
      ([x, y]) => this.#set({ ...this.#region, side: Math.max(x - this.#region.x, y - this.#region.y) }),
      ([dx, dy], region) => ({ ...region, side: region.side * (1 + (dx + dy) * STEP) }),
    );
    this.element = h("div", { class: "viewer" }, this.#canvas, this.#svg);
  }

  get region(): Region {
    return this.#region;
  }

  /** Shows an image; the square stays where it is unless another is given. */
  show(image: RgbImage, region?: Region): void {
    const { width, height } = image;
    if (this.#size.width !== width || this.#size.height !== height) {
      this.#size = { width, height };
      this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      this.element.style.aspectRatio = `${width} / ${height}`;
      this.#figure = null;
      this.#svg.replaceChildren(this.#box, this.#corner);
    }
    paintPhoto(this.#canvas, image, Math.ceil(Math.max(width, height) / MOST_SHOWN));
    if (region) this.#place(region);
  }

  /** @param found its points in pixels of the image; null hides the skeleton */
  mark(found: { readonly skeleton: Skeleton; readonly points: Points } | null): void {
    if (this.#figure) this.#figure.element.style.display = found ? "" : "none";
    // Pixel i has its centre at coordinate i.
    if (found) this.#figureOf(found.skeleton).place(movePoints(found.points, ([x, y]) => [x + 0.5, y + 0.5]));
  }

  /** A figure of such a skeleton over the image. */
  #figureOf(skeleton: Skeleton): StickFigure {
    if (this.#figure?.skeleton === skeleton) return this.#figure;
    this.#figure?.element.remove();
    this.#figure = new StickFigure(skeleton, Math.max(this.#size.width, this.#size.height) / 120);
    this.#svg.prepend(this.#figure.element);
    return this.#figure;
  }

  #draggable(
    element: SVGElement,
    take: (at: Point) => unknown,
    drag: (to: Point) => void,
    press: (arrow: Point, region: Region) => Region,
  ): void {
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.focus();
      element.setPointerCapture(event.pointerId);
      take(this.#pixelAt(event));
    });
    element.addEventListener("pointermove", (event) => {
      if (element.hasPointerCapture(event.pointerId)) drag(this.#pixelAt(event));
    });
    element.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow) return;
      event.preventDefault();
      this.#set(press(arrow, this.#region));
    });
  }

  #pixelAt(event: PointerEvent): Point {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.#svg.getScreenCTM()!.inverse());
    return [x, y];
  }

  /** Whole pixels, and a piece of the image within. */
  #set({ x, y, side }: Region): void {
    const { width, height } = this.#size;
    const bounded = Math.min(Math.max(Math.round(side), LEAST), 2 * Math.max(width, height));
    const keep = (v: number, size: number) => Math.round(Math.min(Math.max(v, LEAST - bounded), size - LEAST));
    this.#place({ x: keep(x, width), y: keep(y, height), side: bounded });
    this.onChange();
  }

  #place(region: Region): void {
    this.#region = region;
    const { x, y, side } = region;
    for (const [name, value] of Object.entries({ x, y, width: side, height: side }))
      this.#box.setAttribute(name, String(value));
    // A corner outside of the picture could not be taken hold of.
    const { width, height } = this.#size;
    const r = Math.max(width, height) / 30;
    const corner = { r, cx: Math.min(x + side, width - 1.3 * r), cy: Math.min(y + side, height - 1.3 * r) };
    for (const [name, value] of Object.entries(corner)) this.#corner.setAttribute(name, String(value));
  }
}
