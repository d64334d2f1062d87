import { type Context, type Contexts, notAwaited, openScope, type Scope, type Within } from "./context";
import type { Tape } from "./tape";
import { Tensor } from "./tensor";

/**
 * Scopes: every tensor is registered with the innermost one and released at its end, except what the scope returns, which
 * passes to the scope around it, and what is kept.
 */
export class Scopes {
  constructor(
    readonly tape: Tape,
    readonly contexts: Contexts,
  ) {}

  track(t: Tensor): Tensor {
    this.contexts.scope?.tensors.push(t);
    return t;
  }

  run<T>(body: () => T): T {
    const { now } = this.contexts;
    const scope = begin(now);
    now.scope = scope;
    try {
      const result = notAwaited("scope", body());
      this.#end(scope, tensorsIn(result));
      return result;
    } catch (error) {
      this.#end(scope, NOTHING);
      throw error;
    } finally {
      now.scope = scope.parent;
    }
  }

  async runAsync<T>(body: (within: Within) => Promise<T>): Promise<T> {
    const scope = begin(this.contexts.now);
    try {
      const result = await this.contexts.fork({ scope }, body);
      this.#end(scope, tensorsIn(result));
      return result;
    } catch (error) {
      this.#end(scope, NOTHING);
      throw error;
    }
  }

  #end(scope: Scope, returned: ReadonlySet<Tensor>): void {
    if (!scope.open) return;
    scope.open = false;
    const outer = openScope(scope.parent);
    for (const t of scope.tensors) {
      if (returned.has(t)) outer?.tensors.push(t);
      else if (!t.kept) t.dispose();
    }
    scope.tensors.length = 0;
    if (scope.recorded === 0) return;
    // A graph that a returned tensor hangs on goes on; one that nothing returned needs is dropped.
    if ([...returned].some((t) => t.requiresGrad)) this.tape.pass(scope, outer);
    else this.tape.drop(scope);
  }
}

const begin = ({ scope }: Context): Scope => ({ parent: openScope(scope), tensors: [], recorded: 0, open: true });

const NOTHING: ReadonlySet<Tensor> = new Set();

/** The tensors inside a scope's result: itself, or in arrays and plain objects, which may hold one another. */
function tensorsIn(result: unknown): Set<Tensor> {
  const found = new Set<Tensor>();
  const seen = new Set<unknown>();
  const look = (value: unknown): void => {
    if (value instanceof Tensor) found.add(value);
    else if (isContainer(value) && !seen.has(value)) {
      seen.add(value);
      for (const one of Array.isArray(value) ? value : Object.values(value)) look(one);
    }
  };
  look(result);
  return found;
}

const isContainer = (value: unknown): value is object =>
  Array.isArray(value) || (typeof value === "object" && value !== null && isPlain(value));

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};
