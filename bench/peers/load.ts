import { createRequire } from "node:module";
import { UserError } from "../../engine/device/errors";

/**
 * The peers are loaded when a benchmark asks for them and never otherwise: they are development dependencies, bundled into
 * files of their own, which the npm package leaves out. tfjs looks for Node's `require` as it starts, which a bundled
 * module does not have.
 */
export const loadTfjs = () => {
  (globalThis as { require?: NodeJS.Require }).require ??= createRequire(import.meta.url);
  return import("./tfjs").catch(absent);
};

export const loadJax = () => import("./jax-layers").catch(absent);

function absent(error: NodeJS.ErrnoException): never {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  throw new UserError("the peers are not part of the package: compare with them in a checkout, or give --peer none");
}
