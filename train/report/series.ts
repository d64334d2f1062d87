export type Point = readonly [x: number, y: number];

/** A curve thinned out: the mean of each stretch, and how far its values reach. */
export interface Thinned {
  line: Point[];
  /** Lowest and highest value of each stretch, at its middle. */
  band: readonly (readonly [x: number, low: number, high: number])[];
}

/**
 * At most `most` stretches of equally many points each (the last may be shorter), every one shown by its mean at its mean
 * x. Points that are not finite are left out.
 */
export function thinned(points: readonly Point[], most: number): Thinned {
  const good = points.filter(([, y]) => Number.isFinite(y));
  const size = Math.max(1, Math.ceil(good.length / most));
  const stretches = Array.from({ length: Math.ceil(good.length / size) }, (_, i) =>
    good.slice(i * size, (i + 1) * size),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const middle = (stretch: readonly Point[]) => mean(stretch.map(([x]) => x));
  return {
    line: stretches.map((stretch) => [middle(stretch), mean(stretch.map(([, y]) => y))]),
    band: stretches.map((stretch) => {
      const values = stretch.map(([, y]) => y);
      return [middle(stretch), Math.min(...values), Math.max(...values)];
    }),
  };
}

/** The corners of a curve that stands still for long: points before and after every change, and both ends. */
export function corners(points: readonly Point[]): Point[] {
  return points.filter(([, y], i) => points[i - 1]?.[1] !== y || points[i + 1]?.[1] !== y);
}
