import { UserError } from "../../engine/errors/index";
import type { Peer } from "../contract/index";

/** What the tables call this project. */
export const OURS = "nsrm";

/** Every peer by its name, in the order of the tables. Adding one: its file, one line here. */
const FILES: Readonly<Record<string, () => Promise<{ peer: Peer }>>> = {
  tfjs: () => import("./tfjs/index"),
  "jax-js": () => import("./jax-js"),
};

/** A peer that can be asked for. Its file is loaded, and with it the library, when a benchmark does so and never otherwise. */
export interface ListedPeer {
  readonly name: string;
  /** @throws UserError where the peers are not installed: they are development dependencies, which the package leaves out */
  readonly load: () => Promise<Peer>;
}

export const PEERS: readonly ListedPeer[] = Object.entries(FILES).map(([name, file]) => ({
  name,
  load: async () => (await file().catch(absent)).peer,
}));

function absent(error: NodeJS.ErrnoException): never {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  throw new UserError("the peers are not part of the package: compare with them in a checkout, or give --peer none");
}
