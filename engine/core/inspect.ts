import type { Tensor } from "./tensor";

/** The method by which Node's `console.log` shows an object. */
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Values that are kept of an upload or a read-back, to be shown. */
export const SHOWN = 6;

/** A tensor in one line: shape, type, the op that made it, and the values it is known to have. */
export function describeTensor({ shape, dtype, op, requiresGrad, disposed, size, known }: Tensor): string {
  const facts = [`Tensor [${shape.join(", ")}] ${dtype}`];
  if (op) facts.push(`by ${op}`);
  if (requiresGrad) facts.push("with gradient");
  if (disposed) return `${facts.join(" ")}, released`;
  if (!known) return `${facts.join(" ")}, values on the GPU: await data()`;
  const values = known.map((v) => String(Math.fround(v) === v ? Number(v.toPrecision(6)) : v)).join(", ");
  return `${facts.join(" ")}: ${values}${size > known.length ? ", ..." : ""}`;
}
