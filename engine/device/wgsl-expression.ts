/** Operators by how they bind, the loosest first. */
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

/**
 * The value of an integer expression over the scope's names: precedence climbing over a list of tokens.
 * @param fail takes why it has none
 */
export function evaluate(text: string, scope: ReadonlyMap<string, number>, fail: (why: string) => never): number {
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
