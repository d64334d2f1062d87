import { type Child, freshId, h } from "./dom";

export interface SliderOptions {
  label: string;
  min: number;
  max: number;
  step: number;
  value: number;
  unit?: string;
  onInput: (value: number) => void;
}

/** A labelled slider that shows its value. */
export function slider({ label, min, max, step, value, unit = "", onInput }: SliderOptions): HTMLElement {
  const id = freshId();
  const text = (v: number) => `${v.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)}${unit && ` ${unit}`}`;
  const shown = h("output", { for: id }, text(value));
  const input = h("input", {
    id,
    type: "range",
    min,
    max,
    step,
    value,
    oninput() {
      shown.textContent = text(input.valueAsNumber);
      onInput(input.valueAsNumber);
    },
  });
  return h("div", { class: "field" }, h("label", { for: id }, label), input, shown);
}

/** A choice of a few, all in sight: radio buttons in a row. */
export function choice<T extends string>(
  label: string,
  options: readonly (readonly [value: T, text: string])[],
  value: T,
  onChange: (value: T) => void,
): HTMLElement {
  const name = freshId();
  const items = options.map(([option, text]) => {
    const input = h("input", {
      type: "radio",
      name,
      value: option,
      checked: option === value,
      onchange: () => onChange(option),
    });
    return h("label", {}, input, h("span", {}, text));
  });
  return h("fieldset", { class: "choice" }, h("legend", {}, label), h("div", {}, ...items));
}

export function button(text: string, onclick: () => void, kind: "plain" | "primary" = "plain"): HTMLButtonElement {
  return h("button", { type: "button", class: kind, onclick }, text);
}

/** A button that asks for a file; the same place takes a file that is dropped. */
export function filePicker(text: string, accept: string, onFile: (file: File) => void, ...hint: Child[]): HTMLElement {
  const id = freshId();
  const input = h("input", {
    id,
    type: "file",
    accept,
    onchange() {
      const file = input.files?.[0];
      input.value = ""; // so that the same file can be picked again
      if (file) onFile(file);
    },
  });
  const zone = h("div", { class: "drop" }, input, h("label", { for: id, class: "button" }, text), ...hint);
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", (event) => {
    // Within the zone a pointer leaves one element for another.
    if (!zone.contains(event.relatedTarget as Node | null)) zone.classList.remove("over");
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file) onFile(file);
  });
  return zone;
}
