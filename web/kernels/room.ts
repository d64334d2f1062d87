import { preprocess } from "../../engine/device/index";
import { kernels, kernelText } from "../../kernels/index";
import { figure } from "../../train/report/index";
import type { Page, Room } from "../shell/index";
import { barChart, button, choice, h, Message } from "../ui/index";
import { bodyOf, codeBlock, headerOf } from "./kernel-text";
import { measureVariants, type Variant, withVariants } from "./measure";
import { workloadOf } from "./workloads";

const NAMES = (Object.keys(kernels) as (keyof typeof kernels)[]).sort();
type Name = (typeof NAMES)[number];
const FIRST: Name = "masks";

/** Every kernel: what its author says of it, its text as written and as it runs, and how fast it is here. */
export function kernelsRoom(page: Page): Room {
  const place = h("article", { class: "kernel" });
  const links = new Map(NAMES.map((name) => [name, h("a", { href: `#/kernels/${name}` }, name)]));
  const select = h(
    "select",
    { "aria-label": "Kernel", onchange: () => (location.hash = `#/kernels/${select.value}`) },
    ...NAMES.map((name) => h("option", { value: name }, name)),
  );
  const list = h("ul", {}, ...[...links.values()].map((link) => h("li", {}, link)));
  const element = h(
    "section",
    { class: "room kernels" },
    h("h1", {}, "Kernels"),
    h("p", { class: "lead" }, "Everything here is computed by these files of WGSL, written by hand, and nothing else."),
    h("div", { class: "columns" }, h("nav", { "aria-label": "Kernels" }, select, list), place),
  );
  let shown: Name | null = null;
  return {
    element,
    show(rest) {
      const name = NAMES.find((n) => n === rest) ?? shown ?? FIRST;
      if (name === shown) return;
      shown = name;
      select.value = name;
      for (const [n, link] of links) {
        if (n === name) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
      place.replaceChildren(...kernelParts(page, name));
    },
  };
}

/** One kernel's parts; its variants are found, and timed, when that is asked for. */
function kernelParts(page: Page, name: Name): HTMLElement[] {
  const { source } = kernels[name];
  const workload = workloadOf(name);
  const message = new Message();
  const chart = h("div", {});
  const text = h("div", {});
  let variants: Variant[] = [];
  let view: "written" | "runs" = "written";

  const which = h("select", { "aria-label": "Variant", onchange: () => show() });
  const showing = choice(
    "Source",
    [
      ["written", "As written"],
      ["runs", "As it runs"],
    ],
    view,
    (chosen) => {
      view = chosen;
      if (view === "runs" && variants.length === 0) find();
      show();
    },
  );
  const show = () => {
    which.hidden = view === "written" || variants.length === 0;
    const variant = variants[which.selectedIndex];
    if (view === "written") text.replaceChildren(codeBlock(bodyOf(source)));
    else if (variant)
      text.replaceChildren(codeBlock(bodyOf(preprocess(name, source, variant.params, kernelText).code)));
    else text.replaceChildren();
  };
  const take = (found: Variant[]) => {
    if (found.length === 0) throw new Error("nothing on this page dispatches this kernel");
    variants = found;
    which.replaceChildren(...found.map(({ name: text }) => h("option", {}, text || "its only one")));
    show();
  };
  const find = () =>
    message.during(() =>
      page.turns.take(() =>
        withVariants(page.gpu, workload, name, async (found) => {
          take(found);
          await page.gpu.finish();
        }),
      ),
    );
  const measure = async () => {
    measuring.disabled = true;
    message.say("compiling and measuring ...");
    await message.during(async () => {
      await page.turns.take(() =>
        withVariants(page.gpu, workload, name, async (found) => {
          take(found);
          await measureVariants(page.gpu, found, (ms) => chart.replaceChildren(draw(name, found, ms, workload.flops)));
        }),
      );
      message.say(`medians of 5 rounds on ${page.gpu.adapter.name}; each includes what a dispatch itself costs`);
    });
    measuring.disabled = false;
  };
  const measuring = button("Measure here and now", measure, "primary");
  show();
  return [
    h("h2", {}, name, h("small", {}, ".wgsl")),
    h("pre", { class: "header", tabindex: 0, "aria-label": "What its author says of it" }, headerOf(source)),
    h(
      "section",
      { class: "panel" },
      h("h3", {}, "Its variants, on this adapter"),
      h("p", { class: "hint" }, workload.title),
      chart,
      h("div", { class: "actions" }, measuring),
      message.element,
    ),
    h("section", {}, h("div", { class: "actions" }, showing, which), text),
  ];
}

function draw(kernel: string, variants: readonly Variant[], ms: readonly number[], flops?: number): HTMLElement {
  const bars = variants.map(({ name }, i) => ({
    name: name || kernel,
    value: ms[i],
    note: flops ? `${figure(flops / ms[i] / 1e6)} GFLOP/s` : "",
  }));
  return barChart(`Milliseconds a dispatch of ${kernel}, by variant`, "ms", bars);
}
