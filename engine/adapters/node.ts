import { AsyncLocalStorage } from "node:async_hooks";
import { isMainThread } from "node:worker_threads";
import { type Context, type EveryOption, Gpu, withDefaults } from "../core/index";
import { type AdapterKind, type Attempt, kindOf, nameOf } from "../device/index";
import { UserError } from "../errors/index";
import { basics } from "../ops/index";
import { type CLibrary, cLibrary } from "./c-library";
import { holdStderr } from "./hold-stderr";
import { unpackSwiftShader } from "./swiftshader";
import { driverManifests, findLoader, hasDrivers, loadForGood } from "./vulkan";

/** One way of reaching an adapter: what to set before Dawn looks for drivers. */
interface Route {
  kind: AdapterKind | "system";
  icd?: string;
  /** Loaded into the process first, the package's own loader satisfies Dawn's later dlopen("libvulkan.so.1"). */
  loader?: string;
  flags?: string[];
  /** Why it can't lead anywhere, where that is known beforehand. */
  impossible?: string;
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
 * Opens the best adapter: a real GPU, else a lavapipe that Dawn accepts, else SwiftShader out of the npm package. What Dawn
 * and the drivers say meanwhile on file descriptor 2 is in `gpu.attempts`.
 *
 * In a Worker, `close()` the device before the Worker ends or is terminated: a call of Dawn's that is pending then aborts the
 * whole process.
 * @throws UserError when the adapter asked for, or any adapter at all, cannot be had; the message lists what was tried and said
 */
export async function openGpu(options: OpenOptions = {}): Promise<Gpu> {
  const wanted = withDefaults<EveryOption<OpenOptions>>("openGpu", options, {
    adapter: process.env.NSRM_ADAPTER,
    flags: [],
  });
  const wish = wanted.adapter ?? "";
  const attempts: Attempt[] = [];
  for await (const found of search(wish, attempts, wanted.flags)) {
    return Gpu.open({ ...found, attempts, basics, carrier: new AsyncLocalStorage<Context>() });
  }
  const tried = attempts.map(describeFailure).join("; ") || "nothing: there is none for this system";
  throw new UserError(
    `no WebGPU adapter${wish ? ` matches '${wish}' (gpu, lavapipe, swiftshader, or part of a name)` : ""}; tried ${tried}`,
  );
}

const describeFailure = ({ route, outcome, found, said }: Attempt): string =>
  `${route}: ${outcome}${!found && said.length > 0 ? ` (it said: ${said.map((line) => line.trim()).join(" ")})` : ""}`;

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
    const said: string[] = [];
    const found = route.impossible ?? (await request(route, flags, said));
    const attempt = { route: route.kind === "system" ? "system Vulkan" : route.kind, outcome: "", found: true, said };
    attempts.push(attempt);
    if (typeof found === "string") {
      attempt.outcome = found;
      attempt.found = false;
      continue;
    }
    const wanted = wish === "" || wish === found.kind || !isKind(wish);
    attempt.outcome = wanted ? found.name : `${found.name} (${found.kind}, not ${wish})`;
    if (wanted) yield found;
    else found.release();
  }
}

const isKind = (s: string): s is AdapterKind => s === "gpu" || s === "lavapipe" || s === "swiftshader";

async function routes(wish: string): Promise<Route[]> {
  if (wish !== "" && !isKind(wish)) {
    const named = { ...(await system()), flags: [`adapter=${wish}`] };
    return "swiftshader".includes(wish.toLowerCase()) ? [named, ...(await swiftshader())] : [named];
  }
  const list: Route[] = [];
  if (wish === "" || wish === "gpu") list.push(await system());
  if (wish === "" || wish === "lavapipe") list.push(...(await lavapipe()));
  if (wish === "" || wish === "swiftshader") list.push(...(await swiftshader()));
  return list;
}

const NO_LOADER = "there is no Vulkan loader, libvulkan.so.1";

/** Whatever drivers the system has. On Linux that takes a driver and a loader; tried without, Dawn only complains. */
async function system(): Promise<Route> {
  const kind = "system";
  if (process.platform !== "linux") return { kind };
  if (!hasDrivers()) return { kind, impossible: "no Vulkan driver is registered" };
  const loader = await findLoader();
  return loader === null ? { kind, impossible: NO_LOADER } : { kind, loader };
}

async function lavapipe(): Promise<Route[]> {
  if (process.platform !== "linux") return [];
  const kind = "lavapipe";
  const manifests = driverManifests().filter((file) => /lvp_icd[^/]*$/.test(file) && !/i[36]86/.test(file));
  if (manifests.length === 0) return [{ kind, impossible: "Mesa's software driver is not installed" }];
  const loader = await findLoader();
  return loader === null ? [{ kind, impossible: NO_LOADER }] : manifests.map((icd) => ({ kind, icd, loader }));
}

async function swiftshader(): Promise<Route[]> {
  if (process.platform !== "linux" || process.arch !== "x64") return [];
  const kind = "swiftshader";
  const files = await unpackSwiftShader();
  return [files ? { kind, ...files } : { kind, impossible: "the package @sparticuz/chromium is not installed" }];
}

/** @param said gets what Dawn and the driver write to file descriptor 2 @returns the adapter, or why there is none */
async function request(
  route: Route,
  flags: string[],
  said: string[],
): Promise<(FoundAdapter & { release(): void }) | string> {
  try {
    const c = await cLibrary();
    if (route.loader) await loadForGood(route.loader);
    const { create, globals } = await import("webgpu");
    Object.assign(globalThis, globals);
    // Dawn reads the environment, and says what it has to say, before these two calls return. Nothing is awaited between,
    // so that neither another search nor anybody's line on stderr comes in their way.
    const { instance, pending } = withDriver(c, route.icd, () =>
      holdStderr(c, said, () => {
        const instance = create([...flags, ...(route.flags ?? [])]);
        alive.add(instance);
        return { instance, pending: instance.requestAdapter({ powerPreference: "high-performance" }) };
      }),
    );
    const adapter = await pending;
    if (!adapter) {
      alive.delete(instance);
      return "no adapter that Dawn accepts";
    }
    return { kind: kindOf(adapter), adapter, name: nameOf(adapter), release: () => alive.delete(instance) };
  } catch (error) {
    return String((error as Error).message).split("\n")[0];
  }
}

/** Runs `body` with one Vulkan driver, by its manifest, as the only one; with all of them where there is none given. */
function withDriver<T>(c: CLibrary | null, icd: string | undefined, body: () => T): T {
  if (icd === undefined) return body();
  const names = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"] as const;
  const saved = names.map((name) => process.env[name]);
  setVariable(c, "VK_ICD_FILENAMES", icd);
  setVariable(c, "VK_DRIVER_FILES", undefined);
  try {
    return body();
  } finally {
    for (const [i, name] of names.entries()) setVariable(c, name, saved[i]);
  }
}

/** A Worker's process.env is a copy that native code does not see: there the C library is told too. */
function setVariable(c: CLibrary | null, name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
  if (isMainThread) return;
  if (value === undefined) c?.unsetenv?.(name);
  else c?.setenv?.(name, value, 1);
}
