import { WgslReflect } from "wgsl_reflect";
import type { Kernel } from "../../kernels/index";
import type { Dtype } from "./dtype";
import { ShaderStage } from "./webgpu-flags";
import { type Include, type Params, type Preprocessed, preprocess } from "./wgsl";
import { moduleIn, parseError, withPlaces } from "./wgsl-errors";

/** A storage or uniform binding as the WGSL declares it. */
interface Binding {
  name: string;
  index: number;
  kind: "uniform" | "read-only-storage" | "storage";
  /** What a tensor bound to it must hold; f32 also where the WGSL has whole numbers. */
  dtype: Dtype;
}

/** A uniform struct's member: where its value goes and how it is written. */
interface Member {
  name: string;
  offset: number;
  element: "u32" | "i32" | "f32";
  length: number;
}

/** A kernel compiled for one set of parameters and constants, with all that reflection told about it. */
export interface Program {
  id: number;
  name: string;
  /** The kernel's text, before preprocessing. */
  source: string;
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  bindings: readonly Binding[];
  members: readonly Member[];
  uniformBytes: number;
}

/** Values of a kernel's uniform struct by its members' names; a vector is a list. */
export type UniformValues = Readonly<Record<string, number | readonly number[]>>;

/**
 * Compiles kernels once per distinct (params, constants) and reflects their interface with wgsl_reflect: the bind-group
 * layout, the uniform struct's packing and the bindings' kinds all come from the WGSL text, so none is kept by hand.
 */
export class Pipelines {
  /** Compiled so far; a training loop checks that it stands still after the first step. */
  count = 0;
  #programs = new Map<string, Program>();
  /** What each label's text was made from, for the sake of errors: they come later than the program. */
  #origins = new Map<string, { kernel: Kernel; params: Params }>();

  constructor(
    readonly device: GPUDevice,
    readonly include: Include,
  ) {}

  /** @throws Error where the WGSL does not parse, or where another kernel has the same name */
  get(kernel: Kernel, params: Params = {}, constants: Record<string, number> = {}): Program {
    const key = `${kernel.name}|${list(params)}|${list(constants)}`;
    let program = this.#programs.get(key);
    if (!program) {
      program = this.#compile(kernel, params, constants);
      this.#programs.set(key, program);
    }
    if (program.source !== kernel.source) throw new Error(`two different kernels are named '${kernel.name}'`);
    return program;
  }

  /** A driver's message, with lines of a kernel's text as the `.wgsl` files have them. */
  explain(message: string): string {
    const origin = this.#origins.get(moduleIn(message) ?? "");
    return origin ? withPlaces(message, this.#preprocess(origin.kernel, origin.params)) : message;
  }

  #preprocess({ name, source }: Kernel, params: Params): Preprocessed {
    return preprocess(name, source, params, this.include);
  }

  #compile(kernel: Kernel, params: Params, constants: Record<string, number>): Program {
    const text = this.#preprocess(kernel, params);
    const { bindings, members, uniformBytes, overrides } = reflect(kernel.name, text);
    for (const name of Object.keys(constants)) {
      if (!overrides.has(name)) throw new Error(`${kernel.name}: no override constant '${name}' in the WGSL`);
    }
    const label = [kernel.name, list(params)].filter(Boolean).join(" ");
    this.#origins.set(label, { kernel, params });
    const { device } = this;
    const layout = device.createBindGroupLayout({
      label,
      entries: bindings.map(({ index, kind }) => ({
        binding: index,
        visibility: ShaderStage.COMPUTE,
        buffer: { type: kind },
      })),
    });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ label, code: text.code }), entryPoint: "main", constants },
    });
    return { id: ++this.count, name: label, source: kernel.source, pipeline, layout, bindings, members, uniformBytes };
  }
}

const list = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${k}=${v}`)
    .join(" ");

function reflect(name: string, text: Preprocessed) {
  let reflected: WgslReflect;
  try {
    reflected = new WgslReflect(text.code);
  } catch (error) {
    throw new Error(parseError(name, error, text));
  }
  const [uniform, ...others] = reflected.uniforms;
  if (others.length > 0) throw new Error(`${name}.wgsl: at most one uniform struct`);
  const bindings: Binding[] = reflected.storage.map((s) => ({
    name: s.name,
    index: s.binding,
    kind: s.access === "read_write" ? "storage" : "read-only-storage",
    dtype: /f16|vec\dh/.test(s.type.getTypeName()) ? "f16" : "f32",
  }));
  const members: Member[] = (uniform?.members ?? []).map((m) => {
    const type = m.type.getTypeName();
    const length = Number(/^vec([234])/.exec(type)?.[1] ?? 1);
    const element = /f32|vec\df/.test(type) ? "f32" : /i32|vec\di/.test(type) ? "i32" : "u32";
    return { name: m.name, offset: m.offset, element, length };
  });
  if (uniform) bindings.push({ name: uniform.name, index: uniform.binding, kind: "uniform", dtype: "f32" });
  const overrides = new Set(reflected.overrides.map((o) => o.name));
  return { bindings, members, uniformBytes: uniform ? Math.ceil(uniform.size / 16) * 16 : 0, overrides };
}

/** Packs uniform values by name. @throws Error naming a member that is missing, unknown, or of the wrong length. */
export function packUniforms(program: Program, values: UniformValues): Uint8Array<ArrayBuffer> {
  const bytes = new ArrayBuffer(program.uniformBytes);
  const view = new DataView(bytes);
  let used = 0;
  for (const { name, offset, element, length } of program.members) {
    const value = values[name];
    if (value === undefined) throw new Error(`${program.name}: uniform '${name}' is missing`);
    const parts = typeof value === "number" ? [value] : value;
    if (parts.length !== length) throw new Error(`${program.name}: uniform '${name}' wants ${length} numbers`);
    parts.forEach((v, i) => {
      const at = offset + i * 4;
      if (element === "f32") view.setFloat32(at, v, true);
      else if (element === "i32") view.setInt32(at, v, true);
      else view.setUint32(at, v, true);
    });
    used++;
  }
  if (used !== Object.keys(values).length) {
    const known = new Set(program.members.map((m) => m.name));
    const unknown = Object.keys(values).filter((k) => !known.has(k));
    throw new Error(`${program.name}: the WGSL has no uniform ${unknown.join(", ")}`);
  }
  return new Uint8Array(bytes);
}
