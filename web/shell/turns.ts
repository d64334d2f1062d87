/** One task at a time on the GPU, in the order in which they came: an engine's scopes and tape must not interleave. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Does what is asked for as often as it can, and always once more for the last asking; askings in between are dropped. */
export class Latest {
  #running = false;
  #asked = false;

  constructor(
    private readonly task: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
    /** Is marked as busy while there is something to do. */
    private readonly place: Element,
  ) {}

  ask(): void {
    this.#asked = true;
    if (!this.#running) this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.place.ariaBusy = "true";
    try {
      while (this.#asked) {
        this.#asked = false;
        await this.task();
      }
    } catch (error) {
      this.onError(error);
    } finally {
      this.#running = false;
      this.place.ariaBusy = "false";
    }
  }
}
