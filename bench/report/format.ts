import type { Conditions } from "../measure/index";

/** A table's cell; null where nothing was measured. */
export type Cell = string | number | null;

/** A number with about three digits that say something. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  if (size < 0.001) return value.toExponential(1);
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export const show = (value: Cell): string => (value === null ? "-" : typeof value === "number" ? figure(value) : value);

export const mebibytes = (bytes: number): number => bytes / 2 ** 20;

/** Where, with what and when, in one line. */
export const conditionsLine = ({ adapter, machine, versions, tuning, date }: Conditions): string =>
  `${adapter.kind}: ${adapter.driver}; ${machine}; ` +
  `${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}${tuning ? `, tuning table ${tuning}` : ""}; ${date.slice(0, 16).replace("T", " ")} UTC`;
