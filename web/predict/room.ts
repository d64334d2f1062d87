import type { RgbImage } from "../../train/data/resize";
import { wholeImage } from "../../train/infer/region";
import type { Page, Room, UsableNetwork } from "../shell/page";
import { Latest } from "../shell/turns";
import { readBytes } from "../train/checkpoint";
import { button, filePicker } from "../ui/controls";
import { h } from "../ui/dom";
import { Message } from "../ui/message";
import { drawHand, readPhoto } from "./pictures";
import { Results } from "./results";
import { predict } from "./run";
import { Viewer } from "./viewer";
import { Webcam } from "./webcam";
import { openNetwork } from "./weights";

/** Side of a synthetic hand's picture where no network says otherwise. */
const SIDE = 96;

/** A trained network on a picture of one's own. */
export function predictRoom(page: Page): Room {
  const { gpu, turns } = page;
  const element = h("section", { class: "room predict" });
  const about = h("p", { class: "hint" });
  const message = new Message();
  const results = new Results();
  let picked: UsableNetwork | null = null;
  let image: RgbImage | null = null;
  let hand = 0;

  /** A file's network where one was given, else the one in training. */
  const network = () => picked ?? page.training;

  const redo = new Latest(
    async () => {
      await turns.take(async () => {
        const using = network();
        if (!using || !image) return;
        const found = await predict(gpu, using, image, viewer.region);
        viewer.mark(found.joints);
        results.show(found);
        message.say(`${found.ms.toFixed(0)} ms a frame, ${found.networkMs.toFixed(0)} of them in the network`);
      });
      webcam.next();
    },
    (error) => message.fail(error),
    element,
  );
  const viewer = new Viewer(() => redo.ask());
  const show = (picture: RgbImage, keepRegion = false) => {
    image = picture;
    viewer.show(picture, keepRegion ? undefined : wholeImage(picture));
    if (!network()) viewer.mark(null);
    redo.ask();
  };
  const webcam = new Webcam((frame, first) => show(frame, !first));

  const describe = () => {
    const using = network();
    about.textContent = using
      ? `${using.name}: ${using.config.model}, ${using.network.parameters.count.toLocaleString("en")} parameters, ${using.config.image_size} pixels`
      : "No network yet: pick a checkpoint, or train one in the room next door.";
  };
  const take = (name: string, read: () => Promise<Uint8Array<ArrayBuffer>>) =>
    message.during(async () => {
      message.say(`reading ${name}`);
      const bytes = await read();
      const opened = await turns.take(() => openNetwork(gpu, name, bytes));
      picked?.network.dispose();
      picked = opened;
      describe();
      message.say("");
      if (image) redo.ask();
      else await anotherHand();
    });
  const anotherHand = () =>
    message.during(async () => {
      webcam.stop();
      const side = network()?.config.image_size ?? SIDE;
      show(await turns.take(() => drawHand(gpu, hand++, side)));
    });
  const useTraining = () => {
    picked?.network.dispose();
    picked = null;
    describe();
    redo.ask();
  };
  const served = SERVED_CHECKPOINT;
  const useServed = () =>
    take("the quickstart's network", async () => {
      const response = await fetch(served!);
      if (!response.ok) throw new Error(`${served}: ${response.status} ${response.statusText}`);
      return new Uint8Array(await response.arrayBuffer());
    });

  const training = button("The network in training", useTraining);
  element.append(
    h("h1", {}, "Predict"),
    h("p", { class: "lead" }, "A trained network looks at a square of a picture and says where the hand's joints are."),
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        { class: "controls" },
        h(
          "section",
          { class: "panel" },
          h("h2", {}, "Network"),
          about,
          filePicker(
            "Pick a file",
            ".safetensors,.pth,.pt,.bin",
            (file) => take(file.name, () => readBytes(file)),
            "a checkpoint, or PyTorch's",
          ),
          h("div", { class: "actions" }, served ? button("The quickstart's", useServed) : "", training),
        ),
        h(
          "section",
          { class: "panel" },
          h("h2", {}, "Picture"),
          filePicker(
            "Pick a photo",
            "image/*",
            (file) =>
              message.during(async () => {
                webcam.stop();
                show(await readPhoto(file));
              }),
            "or drop one here",
          ),
          h(
            "div",
            { class: "actions" },
            button("A synthetic hand", anotherHand),
            button("The webcam", () => message.during(() => webcam.toggle())),
          ),
        ),
        viewer.element,
        h(
          "p",
          { class: "hint" },
          "Drag the square, or its corner, or use the arrow keys on them: the hand should fill a good half of it.",
        ),
        message.element,
      ),
      results.element,
    ),
  );
  return {
    element,
    show() {
      training.disabled = !page.training;
      describe();
      if (!network() && served) useServed();
      else if (!image) anotherHand();
      else redo.ask();
    },
    hide: () => webcam.stop(),
  };
}
