import { h } from "./dom";

/** A line that says what is going on, or what went wrong; screen readers read it out. */
export class Message {
  readonly element = h("p", { class: "message", role: "status" });

  say(text: string): void {
    this.element.classList.remove("wrong");
    this.element.textContent = text;
  }

  /** Shows an error in its own words. */
  fail(error: unknown): void {
    this.element.classList.add("wrong");
    this.element.textContent = error instanceof Error ? error.message : String(error);
  }

  /** Runs what a user asked for; what it throws ends up here. */
  async during<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }
}
