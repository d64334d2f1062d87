/** Takes values of a domain to pixels; `ticks` are round values within it. */
export interface Scale {
  (value: number): number;
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly number[];
}

type Range = readonly [from: number, to: number];

/**
 * Evenly. The domain is widened to round values where `round` is set, and to something where low and high are the same.
 * @param range pixels of the domain's two ends
 */
export function linearScale([low, high]: Range, range: Range, { count = 5, round = true } = {}): Scale {
  if (!(high > low)) [low, high] = low === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, low) * 1.25];
  const step = niceStep((high - low) / count);
  if (round) [low, high] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return scale((v) => (v - low) / (high - low), [low, high], range, ticks);
}

/** By the logarithm; the domain is widened to 1, 2 or 5 times a power of ten. Values must be positive. */
export function logScale([low, high]: Range, range: Range): Scale {
  const start = below(low);
  const end = Math.max(above(high), 2 * start);
  const decades = Math.log10(end / start);
  const steps = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(start)); power <= Math.log10(end) + 1e-9; power++) {
    for (const s of steps) {
      const value = Number((s * 10 ** power).toPrecision(12));
      if (value >= start * 0.999 && value <= end * 1.001) ticks.push(value);
    }
  }
  return scale((v) => Math.log(v / start) / Math.log(end / start), [start, end], range, ticks);
}

function scale(share: (value: number) => number, domain: Range, [from, to]: Range, ticks: readonly number[]): Scale {
  return Object.assign((value: number) => from + share(value) * (to - from), { domain, ticks });
}

/** 1, 2 or 5 times a power of ten, at least `rough`. */
export function niceStep(rough: number): number {
  return above(rough);
}

const above = (value: number): number => nearPower(value, [1, 2, 5, 10], (candidate) => candidate >= value * 0.9999);
const below = (value: number): number => nearPower(value, [5, 2, 1], (candidate) => candidate <= value * 1.0001);

function nearPower(value: number, factors: readonly number[], fits: (candidate: number) => boolean): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return (factors.find((factor) => fits(factor * power)) ?? 1) * power;
}

/** A value as an axis shows it: 0.05, 2,000, 15k, 1e-5. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return `${Number((value / 1000).toPrecision(4))}k`;
  if (size > 0 && size < 1e-3) return value.toExponential().replace("+", "");
  return size >= 1000 ? value.toLocaleString("en") : String(Number(value.toPrecision(6)));
}

/** A value in three digits, for labels and tables. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "–";
  if (size >= 1e5 || (size > 0 && size < 1e-3)) return Number(value.toPrecision(3)).toExponential().replace("+", "");
  return size >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
