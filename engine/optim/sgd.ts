import { kernels } from "../../kernels/index";
import { checkNumbers, type EveryOption, type Tensor, withDefaults } from "../core/index";
import { OptionError } from "../errors/index";
import { Leaves } from "./leaves";

/** As `torch.optim.SGD`'s; all but the learning rate are 0 or false by default. */
export interface SgdOptions {
  /** Learning rate; `Sgd.lr` changes it later. */
  lr: number;
  momentum?: number;
  /** Looks ahead by the momentum. */
  nesterov?: boolean;
  /** L2 penalty, added to the gradient. */
  weightDecay?: number;
}

/**
 * Stochastic gradient descent over a list of leaf tensors, by PyTorch's formula. The tensors are the caller's: made outside of a
 * scope, or kept (`keep()`). Parameters of a network by the hundred are updated in fewer dispatches by `Adam`, in an arena.
 */
export class Sgd {
  /** Learning rate of the steps to come. */
  lr: number;
  readonly #leaves: Leaves;
  readonly #hyper: Tensor;
  readonly #options: EveryOption<SgdOptions>;

  /** @throws OptionError, and Error for tensors that cannot be trained */
  constructor(tensors: readonly Tensor[], options: SgdOptions) {
    this.#options = withDefaults<EveryOption<SgdOptions>>("Sgd", options, {
      ...{ lr: options?.lr, momentum: 0, nesterov: false, weightDecay: 0 },
    });
    const { lr, momentum = 0, nesterov, weightDecay = 0 } = this.#options;
    checkNumbers("Sgd", { lr, momentum, weightDecay }, 0);
    if (nesterov && momentum === 0) throw new OptionError("Sgd", "nesterov needs a momentum");
    this.lr = lr;
    this.#leaves = new Leaves("Sgd", tensors, momentum > 0 ? 1 : 0);
    this.#hyper = this.#leaves.gpu.zeros([1]).keep();
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

  /** The part of `step` that differs from one step to the next: uploads the learning rate. */
  prepare(): void {
    checkNumbers("Sgd", { lr: this.lr }, 0);
    this.#leaves.gpu.write(this.#hyper, [this.lr]);
  }

  /** The part of `step` that is the same dispatches every time, so that it can be captured. */
  update(): void {
    const { momentum = 0, nesterov = false, weightDecay = 0 } = this.#options;
    const { gpu } = this.#leaves;
    for (const { p, g, state } of this.#leaves.updates()) {
      const n4 = Math.ceil(p.size / 4);
      const [v] = state;
      gpu.dispatch({
        kernel: kernels.sgd,
        params: { MOMENTUM: v ? 1 : 0, NESTEROV: nesterov ? 1 : 0 },
        uniforms: { n4, weightDecay, ...(v && { momentum }) },
        bindings: { hyper: this.#hyper, g, p, ...(v && { v }) },
        workgroups: gpu.grid(n4, 64),
      });
    }
  }

  /** Releases what it keeps of the tensors, which stay. */
  dispose(): void {
    this.#leaves.dispose();
    this.#hyper.dispose();
  }
}
