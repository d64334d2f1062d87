import { h } from "./dom";

/** Letters of an error that are shown; what a file made by anyone says of itself may be of any length. */
const MOST = 400;

/** A line that says what is going on, or what went wrong; screen readers read it out. */
export class Message {
  readonly element = h("p", { class: "message", role: "status" });

  say(text: string): void {
    this.#show(text, false);
  }

  /** Shows an error in its own words. */
  fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#show(text.length > MOST ? `${text.slice(0, MOST)}…` : text, true);
  }

  /** Runs what a user asked for; what it throws ends up here, unless by then it is no longer wanted. */
  async during<T>(work: () => Promise<T>, wanted: () => boolean = () => true): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (wanted()) this.fail(error);
      return undefined;
    }
  }

  #show(text: string, wrong: boolean): void {
    this.element.classList.toggle("wrong", wrong);
    // The same text set again would be read out again.
    if (this.element.textContent !== text) this.element.textContent = text;
  }
}
