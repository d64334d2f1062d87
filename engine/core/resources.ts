import { type Program, type Resource, type Storage, type UniformValues, uniformResource } from "../device/index";
import { DtypeError, GpuError } from "../errors/index";
import type { Tensor } from "./tensor";

/** What one dispatch is given, by the names in the WGSL. */
interface Given {
  bindings: Readonly<Record<string, Tensor>>;
  uniforms?: UniformValues;
}

/**
 * What a program's bindings get in one dispatch.
 * @param touch is told of each tensor, and whether it is written to
 * @throws Error for names that the WGSL lacks or that are missing, and for memory that is read and written at once;
 *   ReleasedError, DtypeError; GpuError for a tensor that exceeds the adapter's largest binding
 */
export function resourcesOf(
  program: Program,
  { bindings, uniforms = {} }: Given,
  limits: GPUSupportedLimits,
  touch: (t: Tensor, name: string, writes: boolean) => void,
): Resource[] {
  const resources: Resource[] = [];
  const [read, written]: Storage[][] = [[], []];
  let given = 0;
  for (const { name, index, kind, dtype } of program.bindings) {
    if (kind === "uniform") {
      resources.push(uniformResource(program, index, uniforms));
      continue;
    }
    const t = bindings[name];
    if (!t) throw new Error(`${program.name}: binding '${name}' is missing`);
    t.assertLive();
    if (t.dtype !== dtype) throw new DtypeError(program.name, `takes ${dtype} as '${name}', not ${t.dtype}`);
    given++;
    (kind === "storage" ? written : read).push(t.storage);
    touch(t, name, kind === "storage");
    resources.push({
      binding: index,
      buffer: t.storage.buffer,
      offset: t.storage.offset,
      size: sizeIn(program, name, t, limits),
    });
  }
  if (given !== Object.keys(bindings).length) {
    throw new Error(`${program.name}: the WGSL has no binding for one of ${Object.keys(bindings).join(", ")}`);
  }
  refuseAliases(program, read, written);
  return resources;
}

/** Bytes that are bound of a tensor. @throws GpuError for more than the adapter takes */
function sizeIn(
  program: Program,
  name: string,
  t: Tensor,
  { maxStorageBufferBindingSize }: GPUSupportedLimits,
): number {
  const size = Math.max(16, Math.ceil(t.bytes / 16) * 16);
  if (size <= maxStorageBufferBindingSize) return size;
  throw new GpuError(
    `${program.name}: '${name}' [${t.shape.join(", ")}] needs ${size} bytes in one binding; ` +
      `this adapter allows ${maxStorageBufferBindingSize}`,
  );
}

function refuseAliases(program: Program, read: readonly Storage[], written: readonly Storage[]): void {
  for (const [i, s] of written.entries()) {
    if (read.some((r) => r.buffer === s.buffer)) {
      throw new Error(`${program.name}: reads and writes one buffer in one dispatch`);
    }
    if (written.slice(0, i).some((other) => overlap(s, other))) {
      throw new Error(`${program.name}: writes one piece of memory by two bindings`);
    }
  }
}

const overlap = (a: Storage, b: Storage): boolean =>
  a.buffer === b.buffer && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
