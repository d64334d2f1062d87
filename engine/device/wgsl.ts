/**
 * The one preprocessing step between a `.wgsl` file and the driver: includes, unrolling, constant branches.
 *
 * WGSL cannot size private arrays by `override` constants under Dawn, and loops over private arrays run several times
 * slower on software drivers; register tiles are therefore written once as `#unroll` and spelled out here.
 *
 *     #include "common.wgsl"
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

/** A kernel's lines with those of the files that it includes, and of those that they include, in their places. */
export const linesOf = (source: string, include: (file: string) => string): string[] =>
  source.split("\n").flatMap((line) => {
    const file = /^\s*#include\s+"([^"]+)"/.exec(line)?.[1];
    return file === undefined ? [line] : linesOf(include(file), include);
  });

/** Expands one kernel's text; F16 is 0 unless given (kernels/real.wgsl). Errors name the kernel and the line. */
export function preprocess(name: string, source: string, params: Params, include: (file: string) => string): string {
  const lines = linesOf(source, include);
  const out: string[] = [];
  expand(name, lines, 0, lines.length, new Map(Object.entries({ F16: 0, ...params })), out);
  return out.join("\n");
}

function expand(
  name: string,
  lines: string[],
  from: number,
  to: number,
  scope: Map<string, number>,
  out: string[],
): void {
  for (let at = from; at < to; at++) {
    const line = lines[at];
    const fail = (why: string): never => {
      throw new Error(`${name}.wgsl:${at + 1}: ${why}: ${line.trim()}`);
    };
    const directive = /^\s*#(\w+)\s*(.*?)\s*(?:\/\/.*)?$/.exec(line);
    if (!directive) {
      out.push(line.replace(/\{([\w+\-*/%]+)\}/g, (_, e: string) => String(evaluate(e, scope, fail))));
      continue;
    }
    const [, word, rest] = directive;
    if (word !== "unroll" && word !== "if") fail(`unknown directive #${word}`);
    const block = findBlock(lines, at, to, fail);
    if (word === "unroll") {
      const m = /^(\w+)\s+in\s+(.+?)\.\.(.+)$/.exec(rest) ?? fail("expected `#unroll i in A..B`");
      const [first, end] = [evaluate(m[2], scope, fail), evaluate(m[3], scope, fail)];
      for (let i = first; i < end; i++) {
        expand(name, lines, at + 1, block.end, new Map(scope).set(m[1], i), out);
      }
    } else {
      if (evaluate(rest, scope, fail)) expand(name, lines, at + 1, block.else ?? block.end, scope, out);
      else if (block.else !== undefined) expand(name, lines, block.else + 1, block.end, scope, out);
    }
    at = block.end;
  }
}

/** Finds the `#end` (and an `#if`'s `#else`) that belongs to the directive at `start`. */
function findBlock(lines: string[], start: number, to: number, fail: (why: string) => never) {
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

const levels: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["<=", ">=", "<", ">"],
  ["+", "-"],
  ["*", "/", "%"],
];

const operators: Record<string, (a: number, b: number) => number> = {
  "||": (a, b) => (a || b ? 1 : 0),
  "&&": (a, b) => (a && b ? 1 : 0),
  "==": (a, b) => (a === b ? 1 : 0),
  "!=": (a, b) => (a !== b ? 1 : 0),
  "<=": (a, b) => (a <= b ? 1 : 0),
  ">=": (a, b) => (a >= b ? 1 : 0),
  "<": (a, b) => (a < b ? 1 : 0),
  ">": (a, b) => (a > b ? 1 : 0),
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => Math.trunc(a / b),
  "%": (a, b) => a % b,
};

/** Integer expression over the scope's names: precedence climbing over a token list. */
function evaluate(text: string, scope: Map<string, number>, fail: (why: string) => never): number {
  const tokens = text.match(/\w+|\|\||&&|[=!<>]=|[-+*/%<>()]/g) ?? [];
  let at = 0;
  const atom = (): number => {
    const t = tokens[at++];
    if (t === "(") {
      const value = binary(0);
      if (tokens[at++] !== ")") fail("missing )");
      return value;
    }
    if (t === "-") return -atom();
    if (t !== undefined && /^\d+$/.test(t)) return Number(t);
    return scope.get(t) ?? fail(`unknown name '${t}' in '${text}'`);
  };
  const binary = (level: number): number => {
    if (level === levels.length) return atom();
    let left = binary(level + 1);
    while (levels[level].includes(tokens[at])) left = operators[tokens[at++]](left, binary(level + 1));
    return left;
  };
  const value = binary(0);
  if (at !== tokens.length) fail(`cannot read '${text}'`);
  return value;
}
