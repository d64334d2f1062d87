import { UserError } from "../../engine/index";
import type { RgbImage } from "../../train/data/index";
import { h } from "../ui/index";
import { readFrame } from "./pictures";

/** Frames of a webcam, one at a time: the next is taken when the last has been dealt with. */
export class Webcam {
  readonly #video = h("video", { playsinline: true, muted: true });
  #stream: MediaStream | null = null;
  /** From the user's wish on; the browser asks its own questions before there is a stream. */
  #wanted = false;
  #first = true;

  /** @param onState is told when it starts and stops */
  constructor(
    private readonly onFrame: (frame: RgbImage, first: boolean) => void,
    private readonly onState: (on: boolean) => void,
  ) {}

  /** Starts or stops it. @throws UserError where there is none, or the user does not allow it */
  async toggle(): Promise<void> {
    if (this.#wanted) this.stop();
    else await this.#start();
  }

  async #start(): Promise<void> {
    this.#wanted = true;
    this.onState(true);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
      if (!this.#wanted || this.#stream) return end(stream); // stopped, or started once more, before it was allowed
      this.#stream = stream;
      for (const track of stream.getTracks()) track.addEventListener("ended", () => this.stop());
      this.#video.srcObject = stream;
      await this.#video.play();
    } catch (error) {
      if (!this.#wanted) return;
      this.stop();
      throw new UserError(`no webcam: ${(error as Error).message}`);
    }
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
    if (!this.#wanted) return;
    this.#wanted = false;
    if (this.#stream) end(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
    this.onState(false);
  }
}

function end(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
