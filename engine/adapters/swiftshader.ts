import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const require = createRequire(import.meta.url);

/** Where the npm package keeps the compressed driver, or null (not installed, or not Linux x64). */
function archive(): string | null {
  if (process.platform !== "linux" || process.arch !== "x64") return null;
  try {
    const entry = require.resolve("@sparticuz/chromium");
    const path = join(entry.slice(0, entry.indexOf("chromium/build")), "chromium/bin/swiftshader.tar.br");
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/**
 * Unpacks SwiftShader (a Vulkan driver in software) from the npm package once into the user's cache folder and returns
 * its ICD file and the Vulkan loader beside it, or null where the package has nothing for this system.
 */
export async function unpackSwiftShader(): Promise<{ icd: string; loader: string } | null> {
  const source = archive();
  if (!source) return null;
  for (const root of [process.env.XDG_CACHE_HOME, join(homedir(), ".cache"), tmpdir()]) {
    if (!root) continue;
    const home = join(root, "nsrm-webgpu", "swiftshader-141");
    try {
      if (!existsSync(join(home, "vk_swiftshader_icd.json"))) await unpack(source, home);
      return { icd: join(home, "vk_swiftshader_icd.json"), loader: join(home, "libvulkan.so.1") };
    } catch {
      // An unwritable cache folder: the next one will do.
    }
  }
  return null;
}

/** Unpacks beside the target and renames, so that two processes starting together never see half a driver. */
async function unpack(source: string, home: string): Promise<void> {
  const { extract } = await import("tar-fs");
  await mkdir(dirname(home), { recursive: true });
  const beside = await mkdtemp(`${home}-`);
  try {
    await pipeline(createReadStream(source), createBrotliDecompress(), extract(beside));
    await rename(beside, home);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    if (!existsSync(join(home, "vk_swiftshader_icd.json"))) throw error; // else another process was faster
  }
}
