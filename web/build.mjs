// Bundles the page into a folder that any static server can serve, under any path: every address in it is relative.
import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { isMain } from "../is-main.mjs";
import { requireFreshList } from "../kernels/generate.mjs";
import { inOneLine } from "../one-line.mjs";
import { replaceFolder } from "../replace-folder.mjs";

/** A trained network that the page can offer, where `npm start` has made one. */
const CHECKPOINT = "runs/quickstart/best.safetensors";

/** Builds so that a folder that is being served is whole before and after. */
export async function buildPage(out = "dist/web", checkpoint = CHECKPOINT) {
  await requireFreshList();
  let served = null;
  await replaceFolder(out, async (fresh) => {
    served = await buildInto(fresh, checkpoint);
  });
  return { served };
}

/** @returns the name of the checkpoint beside the page, null where there is none */
async function buildInto(out, checkpoint) {
  await mkdir(out, { recursive: true });
  const served = existsSync(checkpoint) ? "quickstart.safetensors" : null;
  if (served) await copyFile(checkpoint, join(out, served));
  await copyFile("web/index.html", join(out, "index.html"));
  await build({
    entryPoints: { page: "web/main.ts", style: "web/styles/page.css" },
    outdir: out,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    sourcemap: true,
    loader: { ".wgsl": "text" },
    define: { SERVED_CHECKPOINT: JSON.stringify(served) },
    logLevel: "warning",
  });
  return served;
}

if (isMain(import.meta)) {
  await inOneLine("web:build", async () => {
    const { served } = await buildPage();
    console.log(
      `dist/web is ready for any static server${served ? ", with the quickstart's network" : "; built after npm start, it offers the trained network too"}`,
    );
  });
}
