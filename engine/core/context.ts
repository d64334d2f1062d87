import type { Tensor } from "./tensor";

/** The tensors that a body's end releases, and how many ops it has recorded. */
export interface Scope {
  readonly parent: Scope | null;
  readonly tensors: Tensor[];
  recorded: number;
  /** False once the body has ended; what it left running belongs to the scope around it. */
  open: boolean;
}

/** What the code now running is in the middle of. Code that does not await shares one; each asynchronous body has its own. */
export interface Context {
  /** How many `noGrad` it is inside of. */
  paused: number;
  /** The names of the layers it is inside of. */
  path: string[];
  scope: Scope | null;
}

/** Keeps a value for a body and for what it awaits: Node's AsyncLocalStorage is one. */
export interface Carrier<T> {
  getStore(): T | undefined;
  run<R>(value: T, body: () => R): R;
  /** Lets go of all values. */
  disable?(): void;
}

/** Runs a part of an asynchronous body as belonging to it, also where its awaits have lost that: in a browser. */
export type Within = <R>(part: () => R) => R;

/** Where no one follows what is awaited: the value is there until the body first awaits. */
class UntilAwait<T> implements Carrier<T> {
  #value: T | undefined;

  getStore(): T | undefined {
    return this.#value;
  }

  run<R>(value: T, body: () => R): R {
    const before = this.#value;
    this.#value = value;
    try {
      return body();
    } finally {
      this.#value = before;
    }
  }
}

/** The contexts of one device: of code outside of any asynchronous body, and of each such body. */
export class Contexts {
  readonly #outside: Context = { paused: 0, path: [], scope: null };

  constructor(readonly carrier: Carrier<Context> = new UntilAwait()) {}

  /** Of the code now running. */
  get now(): Context {
    return this.carrier.getStore() ?? this.#outside;
  }

  /** Runs an asynchronous body in a context of its own, which begins as a copy of this one with some changes. */
  fork<T>(changes: Partial<Context>, body: (within: Within) => Promise<T>): Promise<T> {
    const { now, carrier } = this;
    const context = { ...now, path: [...now.path], ...changes };
    return carrier.run(context, () => body((part) => carrier.run(context, part)));
  }

  /** The innermost scope that has not ended. */
  get scope(): Scope | null {
    return openScope(this.now.scope);
  }
}

/** The scope, or where it has ended the nearest around it that has not. */
export function openScope(scope: Scope | null): Scope | null {
  let open = scope;
  while (open && !open.open) open = open.parent;
  return open;
}

/**
 * The result of a body that must not await.
 * @throws Error for a promise: the body would go on after its end
 */
export function notAwaited<T>(what: string, result: T, instead = `use ${what}Async`): T {
  if (typeof (result as { then?: unknown } | null)?.then !== "function") return result;
  (result as unknown as Promise<unknown>).then(undefined, () => undefined);
  throw new Error(`${what}: the body is asynchronous, and would go on after its end; ${instead}`);
}
