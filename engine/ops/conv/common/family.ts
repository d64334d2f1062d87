import type { Kernel } from "../../../../kernels/index";
import type { Tensor } from "../../../core/index";
import type { AdapterFacts } from "../../../device/index";
import type { ConvGeometry, WindowAttrs } from "./geometry";

/** What the choice of kernels depends on beside the sizes. */
export type Adapter = Pick<AdapterFacts, "kind" | "subgroups" | "subgroupSize">;

/** One way to compute a pass, as plans and tuning tables hold it: the family and the numbers that it leaves open. */
export interface Pass {
  readonly family: string;
}

/** A family's passes for one convolution. Without `dw` the gradient by the weights is what the heuristic takes. */
export interface Passes<P, D> {
  forward: P;
  dx: P;
  dw?: D;
}

/** A small convolution: x [n, ci, h, w], kernels [co, kh, kw]. */
export interface ConvSample {
  x: readonly [n: number, ci: number, h: number, w: number];
  w: readonly [co: number, kh: number, kw: number];
  attrs: Pick<WindowAttrs, "stride" | "padding" | "dilation">;
}

/** What a family gains and pays that multiplies less than the direct sum does. */
export interface Cost {
  /** Multiply-adds of its products, relative to those of the direct sum. */
  products: number;
  /** Bytes of transformed images and products that a forward pass holds at a time. */
  workspace: number;
}

/**
 * All that a family of convolution kernels is, in one place: what it can compute and how, when the heuristic takes it, and what
 * tuning and tests try of it. families/index.ts lists them. Everything but `can` is asked only of convolutions that it can
 * compute. Tensors that a pass makes and does not dispose of are released with the op.
 * @typeParam P how it computes a forward convolution or a gradient by the input
 * @typeParam D how it computes a gradient by the weights; never: not at all
 */
export interface ConvFamily<P extends Pass, D extends Pass = never> {
  readonly name: P["family"];
  /** Its own kernels: those that multiply and add, and those that prepare for these or finish after them. */
  readonly kernels: { readonly sums: readonly Kernel[]; readonly around: readonly Kernel[] };
  /**
   * Whether it reads x and writes y, and so the gradient by x, as `ConvGeometry` says that they lie in memory. Else it is given
   * plain tensors, whatever `g.x` and `g.y` say: images in a margin are copied.
   */
  readonly margins: boolean;
  /** Whether it reads zeros around the gradient of y, laid out as `aroundGradient` says. Else any layout will do. */
  readonly zeros: boolean;
  /** What its generated tests compute, by each of its variants. */
  readonly sample: ConvSample;
  /** The ways in which tests ask for it, by name; null where this adapter or convolution does not allow it. */
  readonly variants: Readonly<Record<string, (g: ConvGeometry, adapter: Adapter) => Passes<P, D> | null>>;
  can(g: ConvGeometry, adapter: Adapter): boolean;
  /** What the heuristic takes, where no family before this one in the table is worth taking; null: nor is this one. */
  usual(g: ConvGeometry, adapter: Adapter): Passes<P, D> | null;
  /** Every way worth measuring on this adapter to compute a forward convolution, or its gradient by the input. */
  candidates(g: ConvGeometry, adapter: Adapter): P[];
  /** The same for the gradient by the weights. */
  dwCandidates?(g: ConvGeometry, adapter: Adapter): D[];
  /** Of those that multiply less. */
  cost?(g: ConvGeometry, p: P, adapter: Adapter): Cost;
  /** y = act(conv(x, w) + b), into y; the bias may be missing. */
  forward(g: ConvGeometry, p: P, inputs: readonly Tensor[], y: Tensor, relu: boolean): void;
  /**
   * Gradient by x, into dx.
   * @param dy gradient of y, masked by a fused ReLU's result, with zeros around its images; rows start at a vec4
   * @param gate x, where a ReLU made it and dx may be masked by it at once; a pass that does so sets `dx.rectified`
   */
  dx(g: ConvGeometry, p: P, dy: Tensor, w: Tensor, dx: Tensor, gate: Tensor | null): void;
  /** Gradient by w, into dw. @param dy as for `dx` */
  dw?(g: ConvGeometry, p: D, dy: Tensor, x: Tensor, dw: Tensor): void;
}
