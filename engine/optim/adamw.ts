import { kernels } from "../../kernels/index";
import { checkNumbers, type Tensor, withDefaults } from "../core/index";
import { Leaves } from "./leaves";

/** Defaults are those of `torch.optim.AdamW`. */
export interface AdamWOptions {
  /** Learning rate, 1e-3; `AdamW.lr` changes it later. */
  lr?: number;
  /** 0.9 */
  beta1?: number;
  /** 0.999 */
  beta2?: number;
  /** 1e-8 */
  eps?: number;
  /** Share of each weight, times the learning rate, that a step takes away beside the gradient's part, 0.01. With 0 it is Adam. */
  weightDecay?: number;
}

/**
 * AdamW (Loshchilov & Hutter, ICLR 2019) over a list of leaf tensors, by PyTorch's formula. The tensors are the caller's: made
 * outside of a scope, or kept (`keep()`). `Adam` is for a network's parameters in an arena, with clipping and a loss scale.
 */
export class AdamW {
  /** Learning rate of the steps to come. */
  lr: number;
  readonly #leaves: Leaves;
  /** Updates of each tensor so far: one without a gradient has none. */
  readonly #steps: number[];
  /** A row of kernels/adam.wgsl's constants for each tensor. */
  readonly #hyper: Tensor;
  /** Neither skips a step nor scales a gradient. */
  readonly #control: Tensor;
  readonly #options: Required<AdamWOptions>;

  /** @throws OptionError, and Error for tensors that cannot be trained */
  constructor(tensors: readonly Tensor[], options: AdamWOptions = {}) {
    this.#options = withDefaults<Required<AdamWOptions>>("AdamW", options, {
      ...{ lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
    });
    const { lr, beta1, beta2, eps, weightDecay } = this.#options;
    checkNumbers("AdamW", { beta1, beta2 }, 0, 1);
    checkNumbers("AdamW", { lr, eps, weightDecay }, 0);
    this.lr = lr;
    this.#leaves = new Leaves("AdamW", tensors, 2);
    const { gpu, count } = this.#leaves;
    this.#steps = new Array(count).fill(0);
    this.#hyper = gpu.zeros([count, 8]).keep();
    this.#control = gpu.tensor([1, 1, 1], [3]).keep();
  }

  /** Clears all gradients. */
  zeroGrad(): void {
    this.#leaves.zeroGrad();
  }

  /** Updates every tensor that a gradient came for since `zeroGrad`. */
  step(): void {
    this.prepare();
    this.update();
  }

  /** The part of `step` that differs from one step to the next: counts it and uploads its constants. */
  prepare(): void {
    const { lr } = this;
    checkNumbers("AdamW", { lr }, 0);
    const { beta1, beta2, eps, weightDecay } = this.#options;
    for (const { index } of this.#leaves.updates()) this.#steps[index]++;
    const rows = this.#steps.map((t) => {
      const [correction1, correction2] = [1 - beta1 ** t, 1 - beta2 ** t];
      return [lr / correction1, Math.sqrt(correction2), beta1, 1 - beta1, beta2, 1 - beta2, eps, lr * weightDecay];
    });
    this.#leaves.gpu.write(this.#hyper, rows.flat());
  }

  /** The part of `step` that is the same dispatches every time, so that it can be captured. */
  update(): void {
    const { gpu } = this.#leaves;
    for (const { index, p, g, state } of this.#leaves.updates()) {
      const n4 = Math.ceil(p.size / 4);
      const [m, v] = state;
      gpu.dispatch({
        kernel: kernels.adam,
        params: { DECOUPLED: 1 },
        uniforms: { n4, row: index },
        bindings: { hyper: this.#hyper, control: this.#control, g, p, m, v },
        workgroups: gpu.grid(n4, 64),
      });
    }
  }

  /** Releases what it keeps of the tensors, which stay. */
  dispose(): void {
    this.#leaves.dispose();
    this.#hyper.dispose();
    this.#control.dispose();
  }
}
