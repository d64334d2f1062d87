import { kernels } from "../../kernels/index";
import { checkNumbers, type Parameters, Tensor, withDefaults } from "../core/index";

/** Defaults are PyTorch's: betas 0.9 and 0.999, eps 1e-8, no weight decay, no clipping. */
export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  eps?: number;
  /** L2 penalty added to the gradient, as `torch.optim.Adam`'s (not AdamW). */
  weightDecay?: number;
  /** Clips the gradients' global L2 norm, as `torch.nn.utils.clip_grad_norm_`. */
  clipNorm?: number | null;
  /** The loss is multiplied by a factor before backward, so that small gradients survive float16; null: it is not. */
  lossScale?: LossScaleOptions | null;
}

/** How the loss scale starts and grows; gradients that are not finite halve it. */
export interface LossScaleOptions {
  /** The factor of the first step, 65,536 by default. */
  initial?: number;
  /** Steps in a row with finite gradients after which it doubles, 2000 by default. */
  growAfter?: number;
}

/**
 * State of the loss scale, all of it on the GPU: the factor; steps since it last changed; and since the GPU alone knows which
 * steps were skipped, Adam's two bias corrections 1 - beta^t over the steps that were not.
 */
export type LossScaleState = readonly [scale: number, good: number, correction1: number, correction2: number];

export const isLossScaleState = (value: unknown): value is LossScaleState =>
  Array.isArray(value) && value.length === 4 && value.every(Number.isFinite);

/**
 * Workgroups that share one run of the gradient arena in the norm's first pass, at most, and values that each has at least.
 * A software driver spends more on a workgroup's barriers than on thousands of values.
 */
const NORM_GROUPS = { most: 128, values: { gpu: 4096, lavapipe: 4096, swiftshader: 32768 } };

/** What the GPU decided about a step. */
export interface StepReport {
  /**
   * False once a loss or gradient was not finite; from that step on no weight has changed. With a loss scale above 1
   * gradients that are not finite only halve it, and change no weight in this one step.
   */
  ok: boolean;
  clip: number;
  gradNorm: number;
  loss: number;
  /** The loss scale that the step had, 1 where there is none. */
  scale: number;
}

/** The options with PyTorch's defaults. @throws OptionError */
function checked(options: AdamOptions): CheckedOptions {
  const { lossScale, ...given } = withDefaults<Required<AdamOptions>>("Adam", options, {
    ...{ beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 },
    ...{ clipNorm: null, lossScale: null },
  });
  const { beta1, beta2, eps, weightDecay, clipNorm } = given;
  checkNumbers("Adam", { beta1, beta2 }, 0, 1);
  checkNumbers("Adam", { eps, weightDecay, clipNorm: clipNorm ?? 0 }, 0);
  if (!lossScale) return { ...given, lossScale };
  const scaling = withDefaults<Required<LossScaleOptions>>("lossScale", lossScale, { initial: 65536, growAfter: 2000 });
  checkNumbers("lossScale", { ...scaling }, 1);
  return { ...given, lossScale: scaling };
}

type CheckedOptions = Required<Omit<AdamOptions, "lossScale">> & { lossScale: Required<LossScaleOptions> | null };

/**
 * Adam over the whole parameter arena: a norm and finiteness check, then one update dispatch for each run of trained
 * parameters. Everything that changes per step is buffer data. (Kingma & Ba, ICLR 2015; PyTorch's formulation.)
 */
export class Adam {
  /** Steps taken so far; Adam's t, but for steps that a loss scale left out. Restored on resume. */
  steps = 0;
  /** ok, update, factor, gradient norm, loss, scale of the last step (kernels/gradient_control.wgsl); read back at leisure. */
  readonly control: Tensor;
  /** What backward begins with: the loss scale as a tensor of shape []; null where there is none. */
  readonly seed: Tensor | null = null;
  /** LossScaleState. */
  readonly #scaling: Tensor | null = null;
  #hyper: Tensor;
  #options: CheckedOptions;

  constructor(
    readonly parameters: Parameters,
    options: AdamOptions = {},
  ) {
    const { gpu } = parameters;
    this.#options = checked(options);
    this.control = gpu.zeros([6]).keep();
    this.#hyper = gpu.zeros([8]).keep();
    if (this.#options.lossScale) {
      this.#scaling = gpu.zeros([4]).keep();
      this.seed = new Tensor(gpu, [], this.#scaling.storage.retain()).keep();
    }
    this.reset();
    this.restart(0, null);
  }

  /**
   * Goes on after so many steps.
   * @param scaling state of the loss scale then; null after steps without one, none of which was skipped
   */
  restart(steps: number, scaling: LossScaleState | null): void {
    const { beta1, beta2, lossScale } = this.#options;
    this.steps = steps;
    if (!this.#scaling) return;
    const fresh = [lossScale!.initial, 0, 1 - beta1 ** steps, 1 - beta2 ** steps];
    this.parameters.gpu.write(this.#scaling, scaling ?? fresh);
  }

  /** Reads the loss scale's state, null where there is none. */
  async scaling(): Promise<LossScaleState | null> {
    return this.#scaling && ([...(await this.#scaling.data())] as unknown as LossScaleState);
  }

  /** Lets updates happen again after a step that was not finite. */
  reset(): void {
    this.parameters.gpu.write(this.control, [1, 1, 1, 0, 0, 1]);
  }

  /**
   * Updates every trained parameter from the gradient arena.
   * @param lr learning rate
   * @param loss the step's loss, a scalar tensor, checked for finiteness together with the gradients
   */
  step(lr: number, loss: Tensor): void {
    this.prepare(lr);
    this.update(loss);
  }

  /** The part of `step` that differs from one step to the next: counts it and uploads its constants. */
  prepare(lr: number): void {
    const { beta1, beta2, eps, weightDecay } = this.#options;
    this.steps++;
    // With a loss scale steps may be skipped: the corrections are then the GPU's to make.
    const [correction1, correction2] = this.#scaling ? [1, 1] : [1 - beta1 ** this.steps, 1 - beta2 ** this.steps];
    const hyper = [lr / correction1, Math.sqrt(correction2), beta1, 1 - beta1, beta2, 1 - beta2, eps, weightDecay];
    this.parameters.gpu.write(this.#hyper, hyper);
  }

  /** The part of `step` that is the same dispatches every time, so that it can be captured. */
  update(loss: Tensor): void {
    const { parameters, control } = this;
    const { gpu } = parameters;
    const { clipNorm, lossScale } = this.#options;
    const ranges = parameters.ranges();
    const least = NORM_GROUPS.values[gpu.adapter.kind];
    const groups = ranges.map(({ size }) => Math.min(NORM_GROUPS.most, Math.ceil(size / least)));
    const count = groups.reduce((sum, n) => sum + n, 0);
    gpu.scope(() => {
      const partials = gpu.empty([count, 2]);
      let first = 0;
      for (const [k, range] of ranges.entries()) {
        gpu.dispatch({
          kernel: kernels.gradient_partials,
          uniforms: { n: range.size, first },
          bindings: { g: parameters.range(parameters.gradients, range), partials },
          workgroups: [groups[k]],
        });
        first += groups[k];
      }
      gpu.dispatch({
        kernel: kernels.gradient_control,
        params: { SCALED: this.#scaling ? 1 : 0 },
        uniforms: {
          count,
          maxNorm: clipNorm ?? 0,
          ...(lossScale && { growAfter: lossScale.growAfter }),
        },
        bindings: { partials, loss, control, ...(this.#scaling && { scaling: this.#scaling, hyper: this.#hyper }) },
        workgroups: [1],
      });
    });
    for (const range of ranges) {
      gpu.dispatch({
        kernel: kernels.adam,
        params: { DECOUPLED: 0 },
        uniforms: { n4: range.size / 4, row: 0 },
        bindings: {
          hyper: this.#hyper,
          control,
          g: parameters.range(parameters.gradients, range),
          p: parameters.range(parameters.values, range),
          m: parameters.range(parameters.moment1, range),
          v: parameters.range(parameters.moment2, range),
        },
        workgroups: gpu.grid(range.size / 4, 64),
      });
    }
  }

  /** Reads what the GPU decided about the last step recorded. */
  async report(): Promise<StepReport> {
    const [ok, , factor, gradNorm, loss, scale] = await this.control.data();
    return { ok: ok !== 0, clip: factor * scale, gradNorm, loss, scale };
  }

  /** Releases its own few floats; the moments are the parameters'. */
  dispose(): void {
    this.control.dispose();
    this.seed?.dispose();
    this.#scaling?.dispose();
    this.#hyper.dispose();
  }
}
