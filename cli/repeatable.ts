import { Option } from "commander";

/** An option that may be given several times; what it gives is the list of its values, in order. */
export function repeatable(flags: string, description: string): Option {
  const collect = (value: string, list: string[]): string[] => [...list, value];
  return new Option(flags, `${description}; repeatable`).argParser(collect).default([], "none");
}
