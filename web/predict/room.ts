import type { RgbImage } from "../../train/data/index";
import { wholeImage } from "../../train/infer/index";
import { Busy, Latest, Newest, type Page, type Room, readBytes, type UsableNetwork } from "../shell/index";
import { button, filePicker, h, Message, slider } from "../ui/index";
import { drawHand, readPhoto } from "./pictures";
import { Results } from "./results";
import { predict } from "./run";
import { Viewer } from "./viewer";
import { Webcam } from "./webcam";
import { openNetwork } from "./weights";

/** Side of a synthetic hand's picture where no network says otherwise. */
const SIDE = 96;
/** Trained network that lies beside the page, or null. */
const served = SERVED_CHECKPOINT;

/** A trained network on a picture of one's own. */
export function predictRoom(page: Page): Room {
  const { gpu, turns } = page;
  const element = h("section", { class: "room predict" });
  const about = h("p", { class: "hint" });
  const inputSide = h("div", { class: "input-side" });
  const timing = h("p", { class: "hint figures" });
  const message = new Message();
  const results = new Results();
  const busy = new Busy(element);
  const [networks, pictures] = [new Newest(), new Newest()];
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
        viewer.mark(found);
        results.show(found);
        timing.textContent = `${found.ms.toFixed(0)} ms a frame, ${found.networkMs.toFixed(0)} of them in the network`;
      });
      webcam.next();
    },
    (error) => {
      webcam.stop();
      message.fail(error);
    },
    busy,
  );
  const viewer = new Viewer(() => redo.ask());
  /** @param next of the same scene: the square stays, and the skeleton until the next is found */
  const show = (picture: RgbImage, next = false) => {
    image = picture;
    viewer.show(picture, next ? undefined : wholeImage(picture));
    if (!next || !network()) viewer.mark(null);
    redo.ask();
  };

  const describe = () => {
    const using = network();
    const words = using
      ? [factsOf(using)]
      : ["No network yet: pick a checkpoint, or ", h("a", { href: "#/train" }, "train one"), " in the room next door."];
    about.replaceChildren(...words);
    inputSide.replaceChildren(...(using?.imported ? sideOf(using) : []));
  };
  /** Weights alone do not tell the size of the images that they were trained on. */
  const sideOf = (using: UsableNetwork) => [
    slider({
      label: "Input",
      min: 32,
      max: 512,
      step: 8,
      value: using.config.image_size,
      unit: "px",
      onInput(side) {
        using.config = { ...using.config, image_size: side };
        redo.ask();
      },
    }),
    h("p", { class: "hint" }, "Weights alone do not tell how large the images were that they were trained on."),
  ];

  const take = (name: string, read: () => Promise<Uint8Array<ArrayBuffer>>) => {
    const wanted = networks.next();
    const work = async () => {
      message.say(`reading ${name}`);
      const bytes = await read();
      await turns.take(async () => {
        if (wanted()) use(await openNetwork(gpu, name, bytes));
      });
      if (!wanted()) return;
      message.say("");
      redo.ask();
    };
    return busy.during(() => message.during(work, wanted));
  };
  const use = (opened: UsableNetwork | null) => {
    picked?.network.dispose();
    // The next network may be of other shapes: what the last one's maps lay in would be kept for nothing.
    gpu.trim();
    picked = opened;
    describe();
  };
  const useServed = () =>
    take("the quickstart's network", async () => {
      const response = await fetch(served!);
      if (!response.ok) throw new Error(`${served}: ${response.status} ${response.statusText}`);
      return new Uint8Array(await response.arrayBuffer());
    });
  const useTraining = async () => {
    networks.next();
    await turns.take(async () => use(null));
    message.say("");
    redo.ask();
  };

  /** Shows a picture in place of the webcam's, unless another has been asked for by the time that it is there. */
  const showNext = (read: () => Promise<RgbImage>) => {
    const wanted = pictures.next();
    webcam.stop();
    const work = async () => {
      const picture = await read();
      if (!wanted()) return;
      message.say("");
      show(picture);
    };
    return busy.during(() => message.during(work, wanted));
  };
  const drawAnother = () => {
    const side = network()?.config.image_size ?? SIDE;
    return showNext(() => turns.take(() => drawHand(gpu, hand++, side)));
  };
  const openPhoto = (file: File) => {
    message.say(`reading ${file.name}`);
    return showNext(() => readPhoto(file));
  };
  const webcam = new Webcam(
    (frame, first) => show(frame, !first),
    (on) => (watching.textContent = on ? "Stop the webcam" : "The webcam"),
  );
  const watch = () => {
    pictures.next();
    message.say("");
    return message.during(() => webcam.toggle());
  };

  const training = button("The network in training", useTraining);
  const watching = button("The webcam", watch);
  const weights = (file: File) => take(file.name, () => readBytes(file));
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
          filePicker("Pick a file", ".safetensors,.pth,.pt,.bin", weights, "a checkpoint, or PyTorch's"),
          h("div", { class: "actions" }, served ? button("The quickstart's", useServed) : "", training),
          inputSide,
        ),
        viewer.element,
        h("div", {}, message.element, timing),
        h(
          "section",
          { class: "panel" },
          h("h2", {}, "Picture"),
          filePicker("Pick a photo", "image/*", openPhoto, "or drop one here"),
          h("div", { class: "actions" }, button("A synthetic hand", drawAnother), watching),
          h(
            "p",
            { class: "hint" },
            "The network looks at the square. Drag it, or its corner, or use the arrow keys on them: the hand should fill a good half of it.",
          ),
        ),
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
      if (image) redo.ask();
      else drawAnother();
    },
    hide: () => webcam.stop(),
  };
}

function factsOf({ name, network, config, imported }: UsableNetwork): string {
  const facts = [config.model, `${network.parameters.count.toLocaleString("en")} parameters`];
  if (!imported) facts.push(`${config.image_size} pixels`);
  return `${name}: ${facts.join(", ")}`;
}
