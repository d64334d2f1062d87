import { kernels } from "../../kernels/index";
import type { Parameters } from "../parameters";
import type { Tensor } from "../tensor";

/** Defaults are PyTorch's: betas 0.9 and 0.999, eps 1e-8, no weight decay, no clipping. */
export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  eps?: number;
  /** L2 penalty added to the gradient, as `torch.optim.Adam`'s (not AdamW). */
  weightDecay?: number;
  /** Clips the gradients' global L2 norm, as `torch.nn.utils.clip_grad_norm_`. */
  clipNorm?: number | null;
}

/** Workgroups that share one run of the gradient arena in the norm's first pass. */
const NORM_GROUPS = 128;

/** What the GPU decided about a step. */
export interface StepReport {
  /** False once a loss or gradient was not finite; from that step on no weight has changed. */
  ok: boolean;
  clip: number;
  gradNorm: number;
  loss: number;
}

/**
 * Adam over the whole parameter arena: a norm and finiteness check, then one update dispatch for each run of trained
 * parameters. Everything that changes per step is buffer data. (Kingma & Ba, ICLR 2015; PyTorch's formulation.)
 */
export class Adam {
  /** Updates made so far; Adam's t. Restored on resume. */
  steps = 0;
  /** ok, clip, gradient norm, loss of the last step; 4 floats to read back at leisure. */
  readonly control: Tensor;
  #hyper: Tensor;
  #options: Required<AdamOptions>;

  constructor(
    readonly parameters: Parameters,
    options: AdamOptions = {},
  ) {
    const { gpu } = parameters;
    this.#options = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, clipNorm: null, ...options };
    this.control = gpu.zeros([4]).keep();
    this.#hyper = gpu.zeros([8]).keep();
    this.reset();
  }

  /** Lets updates happen again after a step that was not finite. */
  reset(): void {
    this.parameters.gpu.write(this.control, [1, 1, 0, 0]);
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
    const correction1 = 1 - beta1 ** this.steps;
    const correction2 = 1 - beta2 ** this.steps;
    const hyper = [lr / correction1, Math.sqrt(correction2), beta1, 1 - beta1, beta2, 1 - beta2, eps, weightDecay];
    this.parameters.gpu.write(this.#hyper, hyper);
  }

  /** The part of `step` that is the same dispatches every time, so that it can be captured. */
  update(loss: Tensor): void {
    const { parameters, control } = this;
    const { gpu } = parameters;
    const { clipNorm } = this.#options;
    const ranges = parameters.ranges();
    gpu.scope(() => {
      const partials = gpu.empty([ranges.length * NORM_GROUPS, 2]);
      for (const [k, range] of ranges.entries()) {
        gpu.dispatch({
          kernel: kernels.gradient_partials,
          uniforms: { n: range.size, first: k * NORM_GROUPS },
          bindings: { g: parameters.range(parameters.gradients, range), partials },
          workgroups: [NORM_GROUPS],
        });
      }
      gpu.dispatch({
        kernel: kernels.gradient_control,
        uniforms: { count: ranges.length * NORM_GROUPS, max_norm: clipNorm ?? 0 },
        bindings: { partials, loss, control },
        workgroups: [1],
      });
    });
    for (const range of ranges) {
      gpu.dispatch({
        kernel: kernels.adam,
        uniforms: { n4: range.size / 4 },
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
    const [ok, clip, gradNorm, loss] = await this.control.data();
    return { ok: ok !== 0, clip, gradNorm, loss };
  }

  /** Releases its own few floats; the moments are the parameters'. */
  dispose(): void {
    this.control.dispose();
    this.#hyper.dispose();
  }
}
