import type { Dtype } from "../device/index";
import { DtypeError, ShapeError } from "../errors/index";
import type { Gpu } from "./gpu";
import type { Layout } from "./layout";
import type { Nd } from "./nd";
import { Saved, type VjpContext } from "./tape";
import { type Shape, Tensor } from "./tensor";

/** Inputs for the generated tests of an op. */
export interface Sample<Attrs> {
  inputs: readonly Nd[];
  attrs: Attrs;
  /** Indices of inputs whose gradient is checked; all by default. */
  differentiable?: readonly number[];
  /** Zeros around the images of those inputs that the op reads in any layout; none by default. @internal */
  margin?: number;
  /** Largest error allowed relative to the result's absmax; 2e-5 by default, with the reason where it is larger. */
  tolerance?: number;
}

/** Which tensors backward reads. Whatever is not named is free to be released right after forward. */
export interface Saves {
  inputs?: readonly number[];
  output?: boolean;
}

/**
 * All that an op is, in one place: shape rule, forward, what it saves, its vector-Jacobian product, a plain float64
 * reference, and sample inputs from which its tests are generated.
 */
export interface OpSpec<Attrs> {
  name: string;
  /** Output shape from input shapes. @throws ShapeError before anything reaches the GPU. */
  shape(shapes: readonly Shape[], attrs: Attrs): Shape;
  /** Which inputs may be float16, all of these or none of them; no input by default. */
  half?: "all" | readonly number[];
  /** The result's element type, from the first input's: the same by default. */
  dtype?(x: Dtype): Dtype;
  /** Which inputs it reads however their images lie (`Tensor.layout`); of the others, all by default, it is given contiguous copies. @internal */
  layouts?: "all" | readonly number[];
  /** How the result's images lie; contiguously by default. @internal */
  layout?(inputs: readonly Tensor[], shape: Shape, attrs: Attrs): Layout | null;
  /** The result is input 0's memory under the result's shape: nothing is allocated, and forward has nothing to do. */
  view?: boolean;
  /** A ReLU makes the result, or what it takes its values from (see `Tensor.rectified`). */
  rectified?(inputs: readonly Tensor[], attrs: Attrs): boolean;
  /** Records the dispatches that fill `y`. Tensors made here are released when it returns. */
  forward(gpu: Gpu, inputs: readonly Tensor[], y: Tensor, attrs: Attrs): void;
  /** What vjp reads; nothing by default. */
  saves?: Saves | ((attrs: Attrs) => Saves);
  /** Gradient by input `i`, asked for only when something needs it. Null: not differentiable by any input. */
  vjp: ((gpu: Gpu, i: number, c: VjpContext<Attrs>) => Tensor) | null;
  /** The same in plain float64, as obvious as can be. */
  reference(inputs: readonly Nd[], attrs: Attrs): Nd;
  /** Small calls, odd sizes among them, for `checkOp` and the generated tests. */
  samples(): Sample<Attrs>[];
  /** Calls that must throw ShapeError or OptionError. */
  badShapes?: readonly { shapes: readonly Shape[]; attrs: Attrs }[];
}

/** An op, ready to be applied. */
export interface Op<Attrs> extends OpSpec<Attrs> {
  /** Runs the op, recording it on the tape when an input requires a gradient. */
  apply(inputs: readonly Tensor[], attrs: Attrs): Tensor;
}

/** Makes an op of its description: checks, scopes and taping are the same for all and live here. */
export function defineOp<Attrs>(spec: OpSpec<Attrs>): Op<Attrs> {
  const apply = (given: readonly Tensor[], attrs: Attrs): Tensor => {
    const gpu = deviceOf(spec.name, given);
    const inputs = given.some((t) => t.layout) ? readable(spec, given) : given;
    const shapes = inputs.map((t) => t.shape);
    const shape = spec.shape(shapes, attrs);
    const dtype = resultDtype(
      spec,
      inputs.map((t) => t.dtype),
    );
    const y = spec.view
      ? gpu.track(inputs[0].view(shape))
      : gpu.empty(shape, dtype, spec.layout?.(inputs, shape, attrs));
    gpu.scope(() => spec.forward(gpu, inputs, y, attrs));
    y.op = spec.name;
    const { tape } = gpu;
    if (tape.observer) tape.observe(`${spec.name} in ${tape.path.join(".")}`, y);
    if (spec.vjp && tape.recording && inputs.some((t) => t.requiresGrad)) record(spec, inputs, y, shapes, attrs);
    // The tape holds what backward will read.
    if (inputs !== given) for (const [i, t] of inputs.entries()) if (t !== given[i]) t.dispose();
    return y;
  };
  return { ...spec, apply };
}

/** The inputs as the op reads them: contiguous where it knows no layouts, by a recorded copy. */
function readable(spec: Pick<OpSpec<never>, "layouts">, given: readonly Tensor[]): readonly Tensor[] {
  const copies = new Map<Tensor, Tensor>();
  return given.map((t, i) => {
    if (!t.layout || readsLayout(spec, i)) return t;
    const copy = copies.get(t) ?? t.gpu.tape.basics.plain(t);
    copies.set(t, copy);
    return copy;
  });
}

/** Whether the op reads input `i` however its images lie. */
export const readsLayout = ({ layouts = [] }: Pick<OpSpec<never>, "layouts">, i: number): boolean =>
  layouts === "all" || layouts.includes(i);

/** The device that all inputs are on. @throws Error for what is no tensor, and for tensors of two devices */
function deviceOf(op: string, inputs: readonly Tensor[]): Gpu {
  if (inputs.length === 0) throw new ShapeError(op, "takes one tensor at least");
  for (const [i, t] of inputs.entries()) {
    if (!(t instanceof Tensor)) throw new TypeError(`${op}: input ${i} is no tensor but ${describe(t)}`);
    t.assertLive();
    if (t.gpu !== inputs[0].gpu) throw new Error(`${op}: its inputs are on two devices; read one back and upload it`);
  }
  return inputs[0].gpu;
}

const describe = (value: unknown): string =>
  value === null || typeof value !== "object" ? String(value) : `an object (${value.constructor?.name ?? "plain"})`;

function record<Attrs>(
  spec: OpSpec<Attrs>,
  inputs: readonly Tensor[],
  y: Tensor,
  shapes: readonly Shape[],
  attrs: Attrs,
): void {
  const { gpu } = y;
  y.requiresGrad = true;
  y.isLeaf = false;
  y.rectified = spec.rectified?.(inputs, attrs) ?? false;
  const saves = typeof spec.saves === "function" ? spec.saves(attrs) : (spec.saves ?? {});
  const savedInputs = new Map((saves.inputs ?? []).map((i) => [i, new Saved(inputs[i])] as const));
  const savedOutput = saves.output ? new Saved(y) : null;
  const notSaved = (what: string): never => {
    throw new Error(`${spec.name}: vjp reads ${what}, which \`saves\` does not name`);
  };
  gpu.tape.push({
    op: spec.name,
    inputs,
    output: y,
    saved: savedOutput ? [...savedInputs.values(), savedOutput] : [...savedInputs.values()],
    vjp: (i, c) =>
      spec.vjp!(gpu, i, {
        ...c,
        input: (k) => savedInputs.get(k)?.read(`${spec.name}'s input ${k}`) ?? notSaved(`input ${k}`),
        output: () => savedOutput?.read(`${spec.name}'s result`) ?? notSaved("the output"),
        shapes,
        layout: (k) => inputs[k].layout,
        attrs,
        release() {
          c.gy.dispose();
          savedOutput?.dispose();
        },
      }),
  });
}

/** Whether input `i` of the op may be float16. */
export const mayBeHalf = ({ half = [] }: Pick<OpSpec<never>, "half">, i: number): boolean =>
  half === "all" || half.includes(i);

/** The result's element type. @throws DtypeError for inputs that the op cannot take */
function resultDtype<Attrs>(spec: OpSpec<Attrs>, given: readonly Dtype[]): Dtype {
  const { name, dtype = (x) => x } = spec;
  const narrow = given.map((_, i): Dtype => (mayBeHalf(spec, i) ? "f16" : "f32"));
  if (given.every((d) => d === "f32") || given.every((d, i) => d === narrow[i])) return dtype(given[0]);
  const or = narrow.includes("f16") ? `f32 throughout or ${narrow.join(", ")}` : "f32 alone";
  throw new DtypeError(name, `takes ${or}, not ${given.join(", ")}; cast first`);
}

/** The attributes of an op that has none: {}. */
export type NoAttrs = Record<string, never>;

/** @throws ShapeError unless `shape` has `rank` dimensions. */
export function expectRank(op: string, shape: Shape, rank: number): void {
  if (shape.length !== rank) throw new ShapeError(op, `expected ${rank} dimensions`, [shape]);
}
