import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { unpackSwiftShader } from "./swiftshader";

// How Vulkan's loader finds drivers on Linux. (Windows and macOS register theirs elsewhere, and Dawn needs none there.)

/** Where drivers are registered: the loader's own list of folders (its LoaderDriverInterface.md, "Driver Discovery on Linux"). */
function driverFolders(): string[] {
  const { env } = process;
  const home = homedir();
  const listed = (value: string | undefined, otherwise: string) => (value || otherwise).split(":").filter(Boolean);
  return [
    env.XDG_CONFIG_HOME || join(home, ".config"),
    ...listed(env.XDG_CONFIG_DIRS, "/etc/xdg"),
    ...["/usr/local/etc", "/etc"],
    env.XDG_DATA_HOME || join(home, ".local/share"),
    ...listed(env.XDG_DATA_DIRS, "/usr/local/share:/usr/share"),
    ...["/usr/local/share", "/usr/share"],
  ].map((folder) => join(folder, "vulkan/icd.d"));
}

/** The drivers' manifests, JSON files. A folder that is not there, or that this user may not list, has none for the loader either. */
export function driverManifests(): string[] {
  return [...new Set(driverFolders())]
    .flatMap((folder) => filesIn(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(".json"));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether a driver is registered at all, in a folder or by the environment. */
export function hasDrivers(): boolean {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES, VK_ADD_DRIVER_FILES } = process.env;
  return Boolean(VK_DRIVER_FILES || VK_ICD_FILENAMES || VK_ADD_DRIVER_FILES) || driverManifests().length > 0;
}

/** Kept reachable: koffi unloads a library when its handle is collected, and Dawn would then look for another. */
const loaded: Set<unknown> = ((globalThis as { __vulkanLoaders?: Set<unknown> }).__vulkanLoaders ??= new Set());

/** Loads a library into the process, to stay there until its end. */
export async function loadForGood(file: string): Promise<void> {
  loaded.add((await import("koffi")).default.load(file));
}

/**
 * What to load into the process so that Dawn's `dlopen("libvulkan.so.1")` succeeds: "" where it does by itself, the loader
 * beside SwiftShader where the machine has a driver but no loader (GPU servers), null where there is none.
 */
export async function findLoader(): Promise<string | null> {
  if (!(await import("koffi").catch(() => null))) return ""; // nothing can be tried, nor loaded
  try {
    await loadForGood("libvulkan.so.1");
    return "";
  } catch {
    return (await unpackSwiftShader())?.loader ?? null;
  }
}
