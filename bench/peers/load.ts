import { createRequire } from "node:module";

/**
 * The peers are loaded when a benchmark asks for them and never otherwise: they are development dependencies, bundled into
 * files of their own. tfjs looks for Node's `require` as it starts, which a bundled module does not have.
 */
export const loadTfjs = async () => {
  (globalThis as { require?: NodeJS.Require }).require ??= createRequire(import.meta.url);
  const [step, layers] = await Promise.all([import("./tfjs-step"), import("./tfjs-layers")]);
  return { ...step, ...layers };
};

export const loadJax = () => import("./jax-layers");
