#!/usr/bin/env node
import { existsSync } from "node:fs";

const built = new URL("../dist/cli/nsrm.js", import.meta.url);
if (!existsSync(built)) {
  console.error("nsrm: dist/ is missing; run `npm ci` (or `npm run build`) first");
  process.exit(2);
}
await import(built.href);
