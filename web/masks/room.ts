import { HAND } from "../../masks/index";
import { encodeSafetensors, type NamedArray } from "../../model/files/index";
import { boxAround, movePoints, type Points, pointsOf } from "../../train/pose/index";
import { buildScene, POSE_RANGES } from "../../train/synthetic/index";
import { Busy, Latest, type Page, type Room } from "../shell/index";
import { button, choice, download, h, Message, paintMap, slider } from "../ui/index";
import { HandEditor } from "./editor";
import { EndCaps } from "./end-caps";
import { Gallery } from "./gallery";
import { type Drawn, drawMasks, type Kind, type MaskSettings, SIDE } from "./render";

/** The hand to begin with: one whose fingers lie apart. */
const FIRST = 6;

const CAPTIONS: Readonly<Record<Kind, string>> = {
  Gaussian: "Confidence maps: a Gaussian around each joint. The last three stages of the network learn them.",
  LDM: "Limb deterministic masks: 1 in a rectangle along each limb, 0 elsewhere.",
  LPM: "Limb probabilistic masks: a Gaussian of the distance to the limb. The first three stages learn them.",
};

/** A hand to play with, and all that the network would be taught about it. */
export function masksRoom({ gpu, turns }: Page): Room {
  const settings: MaskSettings = { kind: "LPM", sigma: 1, halfWidth: 1, endCap: "original" };
  const element = h("section", { class: "room masks" });
  const message = new Message();
  const timing = h("p", { class: "hint figures" });
  const caption = h("p", { class: "lead" }, CAPTIONS[settings.kind]);
  const caps = new EndCaps(HAND);
  let joint = HAND.landmark; // whose limb is shown to begin with
  let number = FIRST;
  let drawn: Drawn | null = null;

  const gallery = new Gallery(HAND, (values) => paintMap(editor.map, values));
  const redraw = new Latest(
    async () => {
      const begun = performance.now();
      drawn = await turns.take(() => drawMasks(gpu, HAND, editor.points, settings));
      const maps = [drawn.joints, drawn.groups, drawn.limbs, drawn.otherCap].reduce((n, m) => n + (m?.length ?? 0), 0);
      gallery.show(drawn);
      caps.show(drawn, settings, joint);
      timing.textContent = `${maps / SIDE ** 2} maps drawn and read back in ${(performance.now() - begun).toFixed(1)} ms`;
    },
    (error) => message.fail(error),
    new Busy(element),
  );
  const editor = new HandEditor(
    HAND,
    () => redraw.ask(),
    (chosen) => {
      joint = chosen;
      if (drawn) caps.show(drawn, settings, joint);
    },
  );

  const change = (changes: Partial<MaskSettings>) => {
    Object.assign(settings, changes);
    caption.textContent = CAPTIONS[settings.kind];
    sigma.hidden = settings.kind === "LDM";
    width.hidden = settings.kind !== "LDM";
    endCap.hidden = settings.kind !== "LPM";
    redraw.ask();
  };
  const kinds = choice<Kind>(
    "Maps",
    [
      ["Gaussian", "Gaussian"],
      ["LDM", "LDM"],
      ["LPM", "LPM"],
    ],
    settings.kind,
    (kind) => change({ kind }),
  );
  const sigma = slider({
    label: "Sigma",
    min: 0.3,
    max: 4,
    step: 0.1,
    value: settings.sigma,
    unit: "cells",
    onInput: (value) => change({ sigma: value }),
  });
  const width = slider({
    label: "Width",
    min: 0.5,
    max: 8,
    step: 0.1,
    value: 2 * settings.halfWidth,
    unit: "cells",
    onInput: (value) => change({ halfWidth: value / 2 }),
  });
  width.hidden = true;
  const endCap = choice<MaskSettings["endCap"]>(
    "Far end",
    [
      ["original", "Original"],
      ["round", "Round"],
    ],
    settings.endCap,
    (value) => change({ endCap: value }),
  );
  const another = () => {
    editor.points = handOf(number++);
    redraw.ask();
  };
  another();

  element.append(
    h("h1", {}, "Masks"),
    caption,
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        { class: "stage" },
        editor.element,
        h(
          "p",
          { class: "hint" },
          "Drag a joint, or move to it with Tab and use the arrow keys (Shift: in larger steps).",
        ),
        h("div", { class: "controls" }, kinds, sigma, width, endCap),
        h(
          "div",
          { class: "actions" },
          button("Another hand", another),
          button("Save these maps", () => drawn && save(drawn)),
        ),
        h("div", {}, message.element, timing),
        caps.element,
      ),
      gallery.element,
    ),
  );
  return { element };
}

/** The joints of a synthetic hand, [21, 2] in cells, as large as fits well. */
function handOf(number: number): Points {
  const points = pointsOf(buildScene({ seed: 0, split: "valid", n: number }, POSE_RANGES.simple).joints);
  const { x: left, y: top, width, height } = boxAround(points)!;
  const scale = (0.78 * SIDE) / Math.max(width, height);
  const place = (value: number, middle: number) => (value - middle) * scale + SIDE / 2;
  return movePoints(points, ([x, y]) => [place(x, left + width / 2), place(y, top + height / 2)]);
}

/** Saves labels [21, 2] and maps [channels, 46, 46] as safetensors. */
function save({ points, joints, groups, limbs }: Drawn): void {
  const tensors: NamedArray[] = [{ name: "labels", shape: [points.length / 2, 2], data: points }];
  for (const [name, data] of Object.entries({ joints, groups, limbs })) {
    if (data) tensors.push({ name, shape: [data.length / SIDE ** 2, SIDE, SIDE], data });
  }
  download("masks.safetensors", encodeSafetensors(tensors) as Uint8Array<ArrayBuffer>[]);
}
