import { appendFileSync } from "node:fs";
import { fileError } from "../../model/files/node";

/** The run's own account: every line goes to `train.log` with the time, and to the console through `print`. */
export interface RunLog {
  info(line: string): void;
  /** Marked as a warning; goes to standard error where the console is otherwise silent. */
  warn(line: string): void;
  /** Goes to the file alone. */
  record(line: string): void;
}

export interface RunLogOptions {
  /** File that lines are appended to (a resumed run goes on in the same one). */
  path: string;
  /** Where the console's lines go: the progress bar's `print`, console.log, or null when silent (--json). */
  print: ((line: string) => void) | null;
}

/** @throws UserError, then or while logging, where the file cannot be written */
export function openLog({ path, print }: RunLogOptions): RunLog {
  const write = (line: string) => {
    try {
      appendFileSync(path, `${new Date().toISOString()}  ${line}\n`);
    } catch (error) {
      throw fileError("write", path, error);
    }
  };
  return {
    record: write,
    info(line) {
      write(line);
      print?.(line);
    },
    warn(line) {
      write(`warning: ${line}`);
      if (print) print(`warning: ${line}`);
      else process.stderr.write(`warning: ${line}\n`);
    },
  };
}
