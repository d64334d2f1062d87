import type { Gpu } from "../../engine/index";
import type { Network } from "../../model/network/index";
import type { Config } from "../../train/config/index";
import type { Turns } from "./turns";

/** A network that can be looked at; whoever made it disposes of it. */
export interface UsableNetwork {
  /** Where it came from, for the user. */
  name: string;
  network: Network;
  config: Config;
  /** Weights alone, which do not tell the size of the images that they were trained on. */
  imported: boolean;
}

/** What the rooms share. */
export interface Page {
  readonly gpu: Gpu;
  readonly turns: Turns;
  /** The network in training, once there is one. */
  training: UsableNetwork | null;
}

/** One of the page's rooms. */
export interface Room {
  readonly element: HTMLElement;
  /** The room comes into sight. `rest` is what follows its name in the address: `#/kernels/relu` gives "relu". */
  show?(rest: string): void;
  hide?(): void;
}
