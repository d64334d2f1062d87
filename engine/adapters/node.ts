import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors";
import { Gpu } from "../gpu";
import { type AdapterKind, type Attempt, kindOf, nameOf } from "./facts";
import { unpackSwiftShader } from "./swiftshader";

/** One way of reaching an adapter: what to set before Dawn looks for drivers. */
interface Route {
  kind: AdapterKind | "system";
  icd?: string;
  loader?: string;
  flags?: string[];
}

export interface FoundAdapter {
  kind: AdapterKind;
  adapter: GPUAdapter;
  name: string;
}

/** Which adapter to open, and how. */
export interface OpenOptions {
  /** `gpu`, `lavapipe`, `swiftshader`, or part of an adapter's name. Default: NSRM_ADAPTER, else the best there is. */
  adapter?: string;
  /** Dawn toggles, e.g. `disable-dawn-features=timestamp_quantization` for profiling. */
  flags?: string[];
}

/** Dawn's instances, kept reachable here: held by a module constant alone they were collected under memory pressure. */
const alive: Set<GPU> = ((globalThis as { __dawnInstances?: Set<GPU> }).__dawnInstances ??= new Set());

/**
 * Opens the best adapter: a real GPU, else a lavapipe that Dawn accepts, else SwiftShader out of the npm package.
 * @throws UserError when the adapter asked for, or any adapter at all, cannot be had; the message lists what was tried.
 */
export async function openGpu(options: OpenOptions = {}): Promise<Gpu> {
  const wish = options.adapter ?? process.env.NSRM_ADAPTER ?? "";
  const attempts: Attempt[] = [];
  for await (const found of search(wish, attempts, options.flags)) {
    return Gpu.open(found.adapter, found.kind, found.release, attempts);
  }
  const tried = attempts.map((a) => `${a.route}: ${a.outcome}`).join("; ") || "nothing to try on this system";
  throw new UserError(
    `no WebGPU adapter${wish ? ` matches '${wish}' (gpu, lavapipe, swiftshader, or part of a name)` : ""}; tried ${tried}`,
  );
}

/** All adapters that can be reached on this machine, each tried by its own route. Used by `doctor`. */
export async function listAdapters(attempts: Attempt[] = []): Promise<{ kind: AdapterKind; name: string }[]> {
  const list: { kind: AdapterKind; name: string }[] = [];
  for (const kind of ["gpu", "lavapipe", "swiftshader"]) {
    for await (const found of search(kind, attempts)) {
      if (!list.some((a) => a.name === found.name)) list.push({ kind: found.kind, name: found.name });
      found.release();
    }
  }
  return list;
}

async function* search(wish: string, attempts: Attempt[], flags: string[] = []) {
  for (const route of await routes(wish)) {
    const label = route.kind === "system" ? "system Vulkan" : route.kind;
    const found = await request(route, flags);
    if (typeof found === "string") {
      attempts.push({ route: label, outcome: found });
      continue;
    }
    const wanted = wish === "" || wish === found.kind || !isKind(wish);
    attempts.push({ route: label, outcome: wanted ? found.name : `${found.name} (${found.kind}, not ${wish})` });
    if (wanted) yield found;
    else found.release();
  }
}

const isKind = (s: string): s is AdapterKind => s === "gpu" || s === "lavapipe" || s === "swiftshader";

async function routes(wish: string): Promise<Route[]> {
  const list: Route[] = [];
  if (wish !== "" && !isKind(wish)) {
    list.push({ kind: "system", loader: await loaderIfMissing(), flags: [`adapter=${wish}`] });
    if ("swiftshader".includes(wish.toLowerCase())) list.push(...(await swiftshader()));
    return list;
  }
  if (wish === "" || wish === "gpu") list.push({ kind: "system", loader: await loaderIfMissing() });
  if (wish === "" || wish === "lavapipe") list.push(...lavapipe());
  if (wish === "" || wish === "swiftshader") list.push(...(await swiftshader()));
  return list;
}

/** Where Vulkan drivers are registered on Linux. */
function driverManifests(): string[] {
  const folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
}

function lavapipe(): Route[] {
  return driverManifests()
    .filter((file) => /lvp_icd.*\.json$/.test(file) && !/i[36]86/.test(file))
    .map((icd) => ({ kind: "lavapipe", icd }));
}

async function swiftshader(): Promise<Route[]> {
  const files = await unpackSwiftShader();
  return files ? [{ kind: "swiftshader", ...files }] : [];
}

/** GPU servers may have a driver but no Vulkan loader: there the one beside SwiftShader serves. */
async function loaderIfMissing(): Promise<string | undefined> {
  const { platform, env } = process;
  const drivers = env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES || driverManifests().length > 0;
  if (platform !== "linux" || !drivers) return undefined;
  try {
    (await import("koffi")).default.load("libvulkan.so.1");
    return undefined;
  } catch {
    return (await unpackSwiftShader())?.loader;
  }
}

async function request(route: Route, flags: string[]): Promise<(FoundAdapter & { release(): void }) | string> {
  const saved = process.env.VK_ICD_FILENAMES;
  const savedDrivers = process.env.VK_DRIVER_FILES;
  try {
    if (route.icd) {
      process.env.VK_ICD_FILENAMES = route.icd;
      delete process.env.VK_DRIVER_FILES;
    }
    // Loaded into the process first, the package's own loader satisfies Dawn's later dlopen("libvulkan.so.1").
    if (route.loader) (await import("koffi")).default.load(route.loader);
    const { create, globals } = await import("webgpu");
    Object.assign(globalThis, globals);
    const instance = create([...flags, ...(route.flags ?? [])]);
    alive.add(instance);
    const adapter = await instance.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) {
      alive.delete(instance);
      return "no adapter that Dawn accepts";
    }
    return { kind: kindOf(adapter), adapter, name: nameOf(adapter), release: () => alive.delete(instance) };
  } catch (error) {
    return String((error as Error).message).split("\n")[0];
  } finally {
    restore("VK_ICD_FILENAMES", saved);
    restore("VK_DRIVER_FILES", savedDrivers);
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
