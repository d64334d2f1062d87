import { createRequire } from "node:module";

// tfjs looks for Node's `require` as it starts, which a bundled module does not have.
(globalThis as { require?: NodeJS.Require }).require ??= createRequire(import.meta.url);
