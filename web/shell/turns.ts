/** One task at a time, in the order in which they came: on the GPU an engine's scopes and tape must not interleave. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** What a generator yields, each taken in a turn of its own. */
  async *through<T>(generator: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        const { done, value } = await this.take(() => generator.next());
        if (done) return;
        yield value;
      }
    } finally {
      await generator.return();
    }
  }
}

/** Marks an element as busy while any of several works is under way. */
export class Busy {
  #works = 0;

  constructor(private readonly place: Element) {}

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#works++;
    this.place.ariaBusy = "true";
    try {
      return await work();
    } finally {
      if (--this.#works === 0) this.place.ariaBusy = "false";
    }
  }
}

/** Does what is asked for as often as it can, and always once more for the last asking; askings in between are dropped. */
export class Latest {
  #running = false;
  #asked = false;

  constructor(
    private readonly task: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
    private readonly busy: Busy,
  ) {}

  ask(): void {
    this.#asked = true;
    if (!this.#running) this.busy.during(() => this.#run());
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#asked) {
      this.#asked = false;
      try {
        await this.task();
      } catch (error) {
        this.onError(error);
      }
    }
    this.#running = false;
  }
}

/** Tells of things asked for one after another which is the last: what the others bring comes too late. */
export class Newest {
  #count = 0;

  /** Begins one more. @returns whether it still is the last */
  next(): () => boolean {
    const mine = ++this.#count;
    return () => mine === this.#count;
  }
}
