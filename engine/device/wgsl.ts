import { evaluate } from "./wgsl-expression";

/**
 * The one preprocessing step between a `.wgsl` file and the driver: includes, unrolling, constant branches.
 *
 * WGSL cannot size private arrays by `override` constants under Dawn, and loops over private arrays run several times
 * slower on software drivers; register tiles are therefore written once as `#unroll` and spelled out here.
 *
 *     #include "common.wgsl"        // a file of kernels/include/, by its name; once
 *     #unroll i in 0..TILE          // TILE: a parameter; the bounds are integer expressions
 *       acc{i} = fma(w, x{i+1}, acc{i});
 *     #end
 *     #if RELU == 1
 *     #else
 *     #end
 *
 * `{expression}` (names, integers, operators, no spaces) is replaced by its integer value. Braces of WGSL blocks are
 * never of that form because they hold spaces or line ends.
 */

export type Params = Readonly<Record<string, number>>;

/** The text of a file to include by its name; undefined where there is none. */
export type Include = (file: string) => string | undefined;

/** Where a line is written. */
export interface Place {
  file: string;
  line: number;
}

/** What a driver gets. */
export interface Preprocessed {
  code: string;
  /** Of each of its lines. */
  places: readonly Place[];
}

/** Expands one kernel's text; F16 is 0 unless given (kernels/include/real.wgsl). @throws Error one line, with file and line */
export function preprocess(name: string, source: string, params: Params, include: Include): Preprocessed {
  const expansion = new Expansion(include);
  expansion.file(`${name}.wgsl`, source, new Map(Object.entries({ F16: 0, ...params })));
  return { code: expansion.lines.join("\n"), places: expansion.places };
}

/** The texts that a text includes, and that they include, by their names, whatever the parameters. */
export function includesOf(source: string, include: Include, found = new Map<string, string>()): Map<string, string> {
  for (const [, file] of source.matchAll(/^\s*#include\s+"([^"]+)"/gm)) {
    const text = include(file);
    if (text === undefined || found.has(file)) continue;
    found.set(file, text);
    includesOf(text, include, found);
  }
  return found;
}

type Scope = ReadonlyMap<string, number>;

/** Lines of one file, numbered from 0. */
interface Section {
  file: string;
  lines: readonly string[];
  from: number;
  to: number;
}

class Expansion {
  readonly lines: string[] = [];
  readonly places: Place[] = [];
  /** Where each file was included, and which of them are not at their end yet. */
  readonly #included = new Map<string, Place>();
  readonly #open: string[] = [];

  constructor(readonly include: Include) {}

  file(file: string, source: string, scope: Scope): void {
    const lines = source.split("\n");
    this.#expand({ file, lines, from: 0, to: lines.length }, scope);
  }

  #expand(section: Section, scope: Scope): void {
    const { file, lines, from, to } = section;
    for (let at = from; at < to; at++) {
      const line = lines[at];
      const place = { file, line: at + 1 };
      const fail = (why: string): never => {
        throw new Error(`${file}:${place.line}: ${why}: ${line.trim()}`);
      };
      const directive = /^\s*#(\w+)\s*(.*?)\s*(?:\/\/.*)?$/.exec(line);
      if (!directive) {
        this.lines.push(line.replace(/\{([\w+\-*/%]+)\}/g, (_, e: string) => String(evaluate(e, scope, fail))));
        this.places.push(place);
        continue;
      }
      const [, word, rest] = directive;
      if (word === "include") {
        this.#include(rest, place, scope, fail);
        continue;
      }
      if (word !== "unroll" && word !== "if") fail(`unknown directive #${word}`);
      const block = findBlock(section, at, fail);
      if (word === "unroll") this.#unroll(rest, { ...section, from: at + 1, to: block.end }, scope, fail);
      else if (evaluate(rest, scope, fail))
        this.#expand({ ...section, from: at + 1, to: block.else ?? block.end }, scope);
      else if (block.else !== undefined) this.#expand({ ...section, from: block.else + 1, to: block.end }, scope);
      at = block.end;
    }
  }

  /** WGSL defines nothing twice, so that nothing is included twice. */
  #include(rest: string, place: Place, scope: Scope, fail: (why: string) => never): void {
    const file = /^"([^"]+)"$/.exec(rest)?.[1] ?? fail('expected `#include "FILE"`');
    if (this.#open.includes(file)) fail(`${file} includes itself`);
    const before = this.#included.get(file);
    if (before) fail(`${file} is included already, at ${before.file}:${before.line}`);
    const text = this.include(file) ?? fail("there is no such file to include");
    this.#included.set(file, place);
    this.#open.push(file);
    this.file(file, text, scope);
    this.#open.pop();
  }

  #unroll(rest: string, block: Section, scope: Scope, fail: (why: string) => never): void {
    const [, name, first, end] = /^(\w+)\s+in\s+(.+?)\.\.(.+)$/.exec(rest) ?? fail("expected `#unroll i in A..B`");
    const last = evaluate(end, scope, fail);
    for (let i = evaluate(first, scope, fail); i < last; i++) this.#expand(block, new Map(scope).set(name, i));
  }
}

/** Finds the `#end` (and an `#if`'s `#else`) that belongs to the directive at `start`. */
function findBlock({ lines, to }: Section, start: number, fail: (why: string) => never) {
  let depth = 0;
  let elseAt: number | undefined;
  for (let i = start; i < to; i++) {
    const word = /^\s*#(\w+)/.exec(lines[i])?.[1];
    if (word === "unroll" || word === "if") depth++;
    else if (word === "else" && depth === 1) elseAt = i;
    else if (word === "end" && --depth === 0) return { end: i, else: elseAt };
  }
  return fail("no matching #end");
}
