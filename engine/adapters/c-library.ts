/** What is called of the C library that Dawn itself is linked to. Numbers are file descriptors; -1 means that a call failed. */
export interface CLibrary {
  dup(fd: number): number;
  dup2(from: number, to: number): number;
  close(fd: number): number;
  /** Makes a file that was not there, and opens it for writing. */
  creat(path: string, mode: number): number;
  /** The two of the environment are null on Windows, where nothing is set for Dawn. */
  setenv: ((name: string, value: string, overwrite: number) => number) | null;
  unsetenv: ((name: string) => number) | null;
}

/** Its file on each system, and what goes before its functions' names there. */
const LIBRARIES: Partial<Record<NodeJS.Platform, { file: string; prefix: string }>> = {
  linux: { file: "libc.so.6", prefix: "" },
  darwin: { file: "libSystem.B.dylib", prefix: "" },
  win32: { file: "ucrtbase.dll", prefix: "_" },
};

let loaded: Promise<CLibrary | null> | undefined;

/** The C library by way of koffi; null where there is no koffi, or no such library. */
export const cLibrary = (): Promise<CLibrary | null> => (loaded ??= load().catch(() => null));

async function load(): Promise<CLibrary | null> {
  const library = LIBRARIES[process.platform];
  if (!library) return null;
  const { file, prefix } = library;
  const c = (await import("koffi")).default.load(file);
  const environment = process.platform !== "win32";
  return {
    dup: c.func(`${prefix}dup`, "int", ["int"]),
    dup2: c.func(`${prefix}dup2`, "int", ["int", "int"]),
    close: c.func(`${prefix}close`, "int", ["int"]),
    creat: c.func(`${prefix}creat`, "int", ["str", "int"]),
    setenv: environment ? c.func("setenv", "int", ["str", "str", "int"]) : null,
    unsetenv: environment ? c.func("unsetenv", "int", ["str"]) : null,
  };
}
