import type { Tape } from "./tape";
import { Tensor } from "./tensor";

/** One scope: the tensors that it will release, and what the tape held when it began. */
interface Scope {
  tensors: Tensor[];
  mark: number;
}

/**
 * The stack of scopes. Every tensor is registered with the innermost one and released at its end, except what the scope
 * returns, which passes to the scope around it, and what is kept.
 */
export class Scopes {
  readonly #stack: Scope[] = [];

  constructor(readonly tape: Tape) {}

  track(t: Tensor): Tensor {
    this.#stack.at(-1)?.tensors.push(t);
    return t;
  }

  run<T>(body: () => T): T {
    const scope = this.#open();
    try {
      return this.#close(scope, body());
    } catch (error) {
      this.#close(scope, undefined);
      throw error;
    }
  }

  async runAsync<T>(body: () => Promise<T>): Promise<T> {
    const scope = this.#open();
    try {
      return this.#close(scope, await body());
    } catch (error) {
      this.#close(scope, undefined);
      throw error;
    }
  }

  #open(): Scope {
    const scope = { tensors: [], mark: this.tape.length };
    this.#stack.push(scope);
    return scope;
  }

  #close<T>(scope: Scope, result: T): T {
    const at = this.#stack.lastIndexOf(scope);
    this.#stack.splice(at, 1);
    const outer = this.#stack[at - 1]?.tensors;
    const returned = tensorsIn(result);
    for (const t of scope.tensors) {
      if (returned.has(t)) outer?.push(t);
      else if (!t.kept) t.dispose();
    }
    // A graph that a returned tensor hangs on goes on; one that nothing returned needs is dropped.
    if (![...returned].some((t) => t.requiresGrad)) this.tape.truncate(scope.mark);
    return result;
  }
}

/** The tensors inside a scope's result: itself, or in arrays and plain objects. */
function tensorsIn(result: unknown, found = new Set<Tensor>()): Set<Tensor> {
  if (result instanceof Tensor) found.add(result);
  else if (Array.isArray(result)) for (const r of result) tensorsIn(r, found);
  else if (result && typeof result === "object" && Object.getPrototypeOf(result) === Object.prototype) {
    for (const r of Object.values(result)) tensorsIn(r, found);
  }
  return found;
}
