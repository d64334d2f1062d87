import { SingleBar } from "cli-progress";

/** Shows how a count goes on: a bar on a terminal, else a line every ten seconds; nothing when silent. */
export interface Counter {
  update(done: number): void;
  stop(): void;
}

export interface CounterOptions {
  readonly total: number;
  /** What is counted, in the plural. */
  readonly what: string;
  readonly silent?: boolean;
  readonly stream?: NodeJS.WriteStream;
}

const LINE_EVERY_MS = 10_000;

export function openCounter({ total, what, silent, stream = process.stderr }: CounterOptions): Counter {
  if (silent) return { update() {}, stop() {} };
  if (stream.isTTY) {
    const bar = new SingleBar({
      stream,
      format: `[{bar}] {value}/{total} ${what}  {eta_formatted} left`,
      hideCursor: true,
    });
    bar.start(total, 0);
    return { update: (done) => bar.update(done), stop: () => bar.stop() };
  }
  let last = performance.now();
  return {
    update(done) {
      if (performance.now() - last < LINE_EVERY_MS) return;
      last = performance.now();
      stream.write(`${done}/${total} ${what}\n`);
    },
    stop() {},
  };
}
