import { UserError } from "../../engine/errors";
import type { RgbImage } from "../../train/data/resize";
import { h } from "../ui/dom";
import { readFrame } from "./pictures";

/** Frames of a webcam, one at a time: the next is taken when the last has been dealt with. */
export class Webcam {
  readonly #video = h("video", { playsinline: true, muted: true });
  #stream: MediaStream | null = null;
  #first = true;

  constructor(private readonly onFrame: (frame: RgbImage, first: boolean) => void) {}

  /** Starts or stops it. @throws UserError where there is none, or the user does not allow it */
  async toggle(): Promise<void> {
    if (this.#stream) {
      this.stop();
      return;
    }
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
    } catch (error) {
      throw new UserError(`no webcam: ${(error as Error).message}`);
    }
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    this.#first = true;
    this.next();
  }

  /** Asks for the next frame. Nothing happens while the webcam is off. */
  next(): void {
    if (!this.#stream) return;
    requestAnimationFrame(() => {
      const frame = this.#stream && readFrame(this.#video);
      if (!frame) return this.next();
      this.onFrame(frame, this.#first);
      this.#first = false;
    });
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }
}
