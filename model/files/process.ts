import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Says which process on which machine wrote a file, so that a later process can tell whether the writer still lives. */
export interface ProcessMark {
  readonly pid: number;
  readonly host: string;
  /** Linux only, else null: which start of the machine, which pid namespace (container), and ticks since that start. */
  readonly boot: string | null;
  readonly namespace: string | null;
  readonly started: string | null;
}

export function thisProcess(): ProcessMark {
  return {
    pid: process.pid,
    host: hostname(),
    boot: attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    namespace: attempt(() => readlinkSync("/proc/self/ns/pid")),
    started: procStat("self")?.started ?? null,
  };
}

/**
 * Whether the process of a mark still runs. "unknown" where that cannot be seen from here (another machine or container).
 * A process id alone says little: ids are reused, and in a restarted container the same small ids come again at once.
 * So on Linux the start time must match too, and a killed process that its parent has not collected yet counts as dead.
 */
export function isAlive(mark: ProcessMark): "alive" | "dead" | "unknown" {
  const here = thisProcess();
  if (mark.host !== here.host) return "unknown";
  if (mark.boot !== here.boot) return "dead";
  if (mark.namespace !== here.namespace) return "unknown";
  return runs(mark.pid, mark.started) ? "alive" : "dead";
}

/**
 * Whether the process of this number still runs here. @param started its start as ProcessMark has it: another one's number
 * may be the same
 */
export function runs(pid: number, started: string | null): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const stat = procStat(String(pid));
  if (!stat) return true; // no /proc, or it is hidden from us
  return stat.started === started && !"ZX".includes(stat.state);
}

/** Fields 3 and 22 of /proc/PID/stat. The command name before them is in parentheses and may itself contain any. */
function procStat(pid: string): { state: string; started: string } | null {
  return attempt(() => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], started: fields[19] };
  });
}

function attempt<T>(run: () => T): T | null {
  try {
    return run();
  } catch {
    return null;
  }
}
