import { kernels } from "../../kernels/index";
import {
  copyTo,
  defineOp,
  type EveryOption,
  type Layout,
  laidOut,
  layoutOf,
  planeOf,
  ramp,
  type Sample,
  type Shape,
  type Tensor,
  withDefaults,
  withMargin,
} from "../core/index";
import { OptionError } from "../errors/index";
import {
  asOneRow,
  type Conv2dAttrs,
  conv2dReference,
  convGeometry,
  forward,
  gradientByInput,
  gradientByWeights,
  gradientLayout,
  type LaidOutConvAttrs,
  planConv,
} from "./conv/index";

/**
 * y = conv2d(x [n, ci, h, w], w [co, ci, kh, kw], b [co]?) as PyTorch defines it (cross-correlation), with an optional
 * fused ReLU. Which kernels run is a tuned table's choice (conv/tuning.ts) or `pickConvPlan`'s (conv/plan.ts).
 *
 * Images may lie in a margin of zeros in memory, x's (`Tensor.layout`) and y's (`margin`): where that is what the kernels want
 * to read, nothing is copied. Else copies with zeros around are made, in forward and anew in backward: keeping that of x would
 * nearly double what waits for backward.
 *
 * The gradients read x, w, and for a fused ReLU's mask y. They share the gradient of y: gy itself where it has the zeros
 * around it that the gradient by x wants and is masked already (`Tensor.rectified`), else one copy of it.
 *
 * With float16 x the result and both their gradients are float16; w, b and their gradients stay float32: the packing of the
 * weights makes the float16 copy that the kernels read. Sums are float32.
 */
export const conv2dOp = defineOp<LaidOutConvAttrs>({
  name: "conv2d",
  half: [0],
  layouts: [0],
  shape(shapes, attrs) {
    const { margin = 0 } = attrs;
    if (!(Number.isInteger(margin) && margin >= 0)) throw new OptionError("conv2d", `no margin of ${margin}`);
    const { n, co, oh, ow } = convGeometry(shapes, attrs);
    return [n, co, oh, ow];
  },
  layout: (_, [, , oh, ow], { margin = 0 }) => withMargin(oh, ow, margin),
  forward(_, inputs, y, attrs) {
    if (y.size === 0) return;
    const shapes = inputs.map((t) => t.shape);
    const { g, plan } = planFor(shapes, inputs[0].layout, y, attrs);
    forward(g, plan, inputs, y, attrs.relu ?? false);
  },
  rectified: (_, attrs) => attrs.relu ?? false,
  saves: (attrs) => ({ inputs: [0, 1], output: attrs.relu ?? false }),
  vjp(gpu, i, { gy, input, output, shapes, layout, attrs, out, once, release }) {
    const d = out(shapes[i]);
    if (gy.size === 0) {
      gpu.clear(d);
      return d;
    }
    const { g, plan } = planFor(shapes, layout(0), gy, attrs);
    const dy = once("dy", () => {
      const [dims, to] = [[g.n, g.co, g.oh, g.ow], gradientLayout(g, plan)];
      // What is zero where y is not positive is so in its margin too; nobody promises that of another gradient.
      const usable = gy.rectified || !(attrs.relu || gy.layout);
      const zeroed = usable ? laidOut(gy, dims, to) : copyTo(gy, dims, to, attrs.relu ? output() : null);
      release();
      return zeroed;
    });
    if (i === 0) gradientByInput(g, plan, dy, input(1), d, input(0).rectified ? input(0) : null);
    else if (i === 1) gradientByWeights(g, plan, dy, input(0), d);
    else sumChannels(dy, d);
    return d;
  },
  reference: conv2dReference,
  samples,
  badShapes: [
    bad({}, [1, 3, 5, 5]),
    bad({}, [3, 5, 5], [2, 3, 3, 3]),
    bad({}, [1, 3, 5, 5], [2, 4, 3, 3]),
    bad({}, [1, 3, 5, 5], [2, 3, 0, 3]),
    bad({ padding: [0, 3] }, [1, 3, 5, 5], [2, 3, 7, 3]),
    bad({}, [1, 3, 5, 5], [2, 3, 3, 3], [3]),
    bad({ stride: 0 }, [1, 3, 5, 5], [2, 3, 3, 3]),
    bad({ padding: 0.5 }, [1, 3, 5, 5], [2, 3, 3, 3]),
    bad({ margin: -1 }, [1, 3, 5, 5], [2, 3, 3, 3]),
    bad({ margin: 0.5 }, [1, 3, 5, 5], [2, 3, 3, 3]),
  ],
});

/**
 * Convolution as PyTorch defines it (cross-correlation): x [n, ci, h, w], w [co, ci, kh, kw], b [co] or null, with an
 * optional fused ReLU, to [n, co, oh, ow]; oh = floor((h + 2 padding - dilation (kh - 1) - 1) / stride) + 1.
 * @throws ShapeError, OptionError
 */
export const conv2d = (x: Tensor, w: Tensor, b: Tensor | null = null, options: Conv2dAttrs = {}): Tensor =>
  conv2dOp.apply(b ? [x, w, b] : [x, w], withDefaults<EveryOption<Conv2dAttrs>>("conv2d", options, DEFAULTS));

const DEFAULTS = { stride: 1, padding: 0, dilation: 1, relu: false, variant: undefined };

/** `conv2d` whose result has `margin` zeros on every side of its images in memory, for the convolution that reads it next. @internal */
export const conv2dWithMargin = (x: Tensor, w: Tensor, b: Tensor, options: Conv2dAttrs, margin: number): Tensor =>
  conv2dOp.apply([x, w, b], { ...options, margin });

/** @param x how it lies @param y the result, or its gradient, which lies as it does */
function planFor(shapes: readonly Shape[], x: Layout | null, y: Tensor, attrs: LaidOutConvAttrs) {
  const g = asOneRow(convGeometry(shapes, attrs, { x, y: y.layout }));
  const plan = typeof attrs.variant === "object" ? attrs.variant : planConv(y.gpu, g, y.dtype, attrs.variant);
  return { g, plan };
}

/** Gradient by the bias: the sum over each channel of the gradient of y, to which the zeros around it add nothing. */
function sumChannels(dy: Tensor, db: Tensor): void {
  const [n, co] = dy.shape;
  const uniforms = { n, co, plane: planeOf(layoutOf(dy)).plane / 4 };
  // A barrier costs a software driver as much as reading many values: one subgroup needs few.
  const params = { WG: db.gpu.adapter.kind === "gpu" ? 256 : 8 };
  db.gpu.dispatch({ kernel: kernels.conv_db, params, uniforms, bindings: { dy, db }, workgroups: db.gpu.grid(co, 1) });
}

function bad(attrs: LaidOutConvAttrs, ...shapes: Shape[]) {
  return { shapes, attrs };
}

function samples(): Sample<LaidOutConvAttrs>[] {
  const make = (
    [n, ci, h, w]: number[],
    [co, kh, kw]: number[],
    attrs: LaidOutConvAttrs,
    bias = true,
  ): Sample<LaidOutConvAttrs> => {
    const inputs = [ramp([n, ci, h, w], -1, 1, 1), ramp([co, ci, kh, kw], -1, 1, 2)];
    return { inputs: bias ? [...inputs, ramp([co], -0.5, 0.5, 3)] : inputs, attrs };
  };
  return [
    make([2, 3, 5, 7], [5, 3, 3], { padding: 1 }),
    make([1, 5, 4, 9], [3, 3, 3], { padding: 1, relu: true }),
    make([1, 2, 9, 8], [3, 7, 7], { padding: 3, relu: true }),
    make([1, 1, 1, 1], [1, 7, 7], { padding: 3 }, false),
    make([2, 7, 3, 3], [9, 1, 1], { relu: true }),
    make([1, 5, 2, 4], [3, 1, 1], {}, false),
    make([3, 1, 6, 5], [2, 3, 3], {}),
    make([1, 2, 6, 7], [2, 2, 5], { padding: [1, 0], relu: true }),
    make([2, 2, 7, 6], [3, 3, 3], { stride: 2, padding: 1, relu: true }),
    make([1, 2, 8, 7], [2, 3, 2], { stride: [1, 3], dilation: [2, 1], padding: [2, 1] }),
    make([1, 1, 3, 13], [2, 1, 13], { padding: [0, 6] }),
    make([1, 2, 3, 3], [2, 1, 1], { padding: 2 }, false),
    { ...make([2, 3, 5, 7], [5, 3, 3], { padding: 1, relu: true, margin: 1 }), margin: 1 },
    { ...make([1, 2, 4, 6], [3, 7, 7], { padding: 3, margin: 3 }), margin: 3 },
    { ...make([2, 2, 3, 5], [3, 3, 3], { padding: 1, relu: true, margin: 3 }), margin: 2 },
    { ...make([1, 2, 4, 3], [3, 3, 3], { padding: 1, stride: 2, margin: 1 }), margin: 1 },
    { ...make([1, 2, 3, 4], [3, 1, 1], {}), margin: 1 },
    make([1, 2, 3, 4], [3, 1, 1], { margin: 2 }),
  ];
}
