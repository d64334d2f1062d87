import { button, h } from "../ui/index";

/** What stands in place of the rooms where there is no WebGPU. */
export function unsupported(error: unknown): HTMLElement {
  return h(
    "section",
    { class: "unsupported" },
    h("h1", {}, "No WebGPU here"),
    h("p", {}, `Everything on this page is computed by WebGPU: ${(error as Error).message}.`),
    h(
      "ul",
      {},
      h("li", {}, "Chrome and Edge 113 or newer have it, Safari from 26, Firefox from 141 on Windows."),
      h("li", {}, "On Linux, Chrome needs a Vulkan driver and the flag chrome://flags/#enable-unsafe-webgpu."),
      h("li", {}, "Browsers give it to pages from localhost or by https alone."),
    ),
    h("p", {}, "The same engine runs without a browser: npm start trains the same network in Node."),
  );
}

/** What is said above the rooms once the GPU has gone: its driver crashed, or was taken away. */
export function lost(reason: string): HTMLElement {
  const again = button("Load the page again", () => location.reload(), "primary");
  const why = reason && `: ${reason.replace(/\.$/, "")}`;
  const text = `The GPU was lost${why}. What was trained since the last download went with it.`;
  return h("div", { class: "lost", role: "alert" }, h("p", {}, text), again);
}
