import "./no-eval";
import { openGpu } from "../engine/adapters/browser";
import type { AdapterFacts } from "../engine/index";
import { kernelsRoom } from "./kernels/index";
import { masksRoom } from "./masks/index";
import { predictRoom } from "./predict/index";
import { lost, type Page, startRouter, Turns, themeSwitch, unsupported } from "./shell/index";
import { trainRoom } from "./train/index";

const place = (id: string) => document.getElementById(id)!;

place("theme").append(themeSwitch());
// Its address would be taken for a room's.
place("skip").addEventListener("click", (event) => {
  event.preventDefault();
  place("room").focus();
});
// A file that misses its place must not replace the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

const gpu = await openGpu().catch((error: unknown) => {
  place("room").replaceChildren(unsupported(error));
  place("adapter").textContent = "No GPU.";
  return null;
});
if (gpu) {
  gpu.device.lost.then(({ message }) => place("room").before(lost(message)));
  const page: Page = { gpu, turns: new Turns(), training: null };
  place("adapter").textContent = `Computed on this machine, by ${describe(gpu.adapter)}.`;
  startRouter(place("tabs"), place("room"), [
    { name: "masks", title: "Masks", open: () => masksRoom(page) },
    { name: "predict", title: "Predict", open: () => predictRoom(page) },
    { name: "train", title: "Train", open: () => trainRoom(page) },
    { name: "kernels", title: "Kernels", open: () => kernelsRoom(page) },
  ]);
}

function describe({ name, kind, subgroups, f16 }: AdapterFacts): string {
  const features = [subgroups && "subgroups", f16 && "half precision"].filter(Boolean).join(", ");
  const slow = kind === "gpu" ? "" : " (a software driver: slow, but it computes the same)";
  return `${name}${features && `, with ${features}`}${slow}`;
}
