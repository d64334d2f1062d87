import { UserError } from "../../engine/index";
import { type Point, pointsOf } from "../pose/index";
import { type DecodedHand, decodeHeatmaps, peaks } from "./decode";

/** What a decoder has to know of the maps beside their values. */
export interface MapFacts {
  /** Cells of each map. */
  readonly rows: number;
  readonly columns: number;
  /** Size in pixels of the image that the joints are wanted in. */
  readonly width: number;
  readonly height: number;
  /** Standard deviation of the Gaussians that the network was trained on, in cells. */
  readonly sigma: number;
}

/** Reads joints off confidence maps [J, rows, columns]. */
export type Decoder = (maps: Float32Array, facts: MapFacts) => DecodedHand;

/** Names of the decoders. */
export const DECODERS = ["argmax", "quarter", "taylor"] as const;
/** One of DECODERS. */
export type DecoderName = (typeof DECODERS)[number];

/** Ways to read joints off confidence maps, by name. All take their confidence from the map's maximum. */
export const decoders: Record<DecoderName, Decoder> = {
  /** The original's, whole pixels. */
  argmax: (maps, { rows, columns, width, height }) => decodeHeatmaps(maps, rows, columns, width, height),

  /**
   * A quarter of a cell from the maximum towards the higher of its two neighbours, by each axis (Newell et al.,
   * "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016).
   */
  quarter: (maps, facts) => refined(maps, facts, (map) => (column, row) => quarterStep(map, facts, column, row)),

  /**
   * Where the Gaussian through the maximum's surroundings peaks (DARK: Zhang et al., "Distribution-Aware Coordinate
   * Representation for Human Pose Estimation", CVPR 2020): the map is smoothed by a Gaussian as wide as those of
   * training, which takes its noise and its secondary peaks away, and the logarithm's Taylor expansion to second order
   * at the maximum m has its extremum at m - H^-1 g.
   */
  taylor: (maps, facts) =>
    refined(maps, facts, (map) => {
      const smooth = smoothed(map, facts);
      return (column, row) => taylorStep(smooth, facts, column, row);
    }),
};

/** Reads a list such as "argmax,taylor", or "all". @throws UserError for a name that is none */
export function parseDecoders(text: string): DecoderName[] {
  if (text === "all") return [...DECODERS];
  return text.split(",").map((name) => {
    if (!DECODERS.includes(name as DecoderName)) {
      throw new UserError(`decoder ${JSON.stringify(name)}: expected ${DECODERS.join(", ")} or all`);
    }
    return name as DecoderName;
  });
}

/** From the maximum's cell to somewhere near it, in cells. */
type Step = (column: number, row: number) => readonly [dx: number, dy: number];

/** Maxima moved by a step, then scaled to pixels as labels are: cell i of a map is coordinate i * width / columns. */
function refined(maps: Float32Array, facts: MapFacts, stepOn: (map: Float32Array) => Step): DecodedHand {
  const { rows, columns, width, height } = facts;
  const found: Point[] = [];
  const confidence: number[] = [];
  for (const { map, best } of peaks(maps, rows * columns)) {
    confidence.push(map[best] ?? Number.NaN);
    if (Number.isNaN(best)) {
      found.push([Number.NaN, Number.NaN]);
      continue;
    }
    const [column, row] = [best % columns, Math.floor(best / columns)];
    const [dx, dy] = stepOn(map)(column, row);
    found.push([(column + dx) * (width / columns), (row + dy) * (height / rows)]);
  }
  return { points: pointsOf(found), confidence };
}

/** A cell on the map's edge has no neighbour on one side, and stays where it is along that axis. */
function quarterStep(map: Float32Array, { rows, columns }: MapFacts, column: number, row: number) {
  const at = row * columns + column;
  const dx = column > 0 && column < columns - 1 ? Math.sign(map[at + 1] - map[at - 1]) / 4 : 0;
  const dy = row > 0 && row < rows - 1 ? Math.sign(map[at + columns] - map[at - columns]) / 4 : 0;
  return [dx, dy] as const;
}

/** Below this a smoothed map counts as empty; its logarithm would be noise, or of a negative number. */
const LEAST = 1e-10;
/** A peak that the expansion puts further than this many cells from the maximum is not the maximum's. */
const FURTHEST_STEP = 1;

function taylorStep(map: Float64Array, { rows, columns }: MapFacts, column: number, row: number) {
  const stays = [0, 0] as const;
  if (column < 1 || column > columns - 2 || row < 1 || row > rows - 2) return stays;
  const log = (x: number, y: number) => Math.log(Math.max(map[(row + y) * columns + column + x], LEAST));
  const [left, right, above, below, here] = [log(-1, 0), log(1, 0), log(0, -1), log(0, 1), log(0, 0)];
  const [gx, gy] = [(right - left) / 2, (below - above) / 2];
  const [hxx, hyy] = [right - 2 * here + left, below - 2 * here + above];
  const hxy = (log(1, 1) - log(-1, 1) - log(1, -1) + log(-1, -1)) / 4;
  const determinant = hxx * hyy - hxy * hxy;
  if (!(hxx < 0 && determinant > 0)) return stays; // no peak: flat, a ridge's saddle, or infinite
  const dx = (hxy * gy - hyy * gx) / determinant;
  const dy = (hxy * gx - hxx * gy) / determinant;
  return Math.max(Math.abs(dx), Math.abs(dy)) <= FURTHEST_STEP ? ([dx, dy] as const) : stays;
}

/**
 * The map convolved with a Gaussian (up to a factor, which moves no peak); beyond its edges it is 0. (What is cut off of a Gaussian near the edge is small: to
 * take the edge's own values there instead, as smoothing pictures would, shifts its peak by half a cell.)
 */
function smoothed(map: Float32Array, { rows, columns, sigma }: MapFacts): Float64Array {
  return alongRows(alongRows(map, rows, columns, sigma), columns, rows, sigma);
}

/** Smooths each row of [rows, columns] and transposes: twice makes a convolution in both directions. */
function alongRows(map: ArrayLike<number>, rows: number, columns: number, sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const weights = Array.from({ length: radius + 1 }, (_, d) => Math.exp((-d * d) / (2 * sigma * sigma)));
  const out = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let k = Math.max(0, x - radius); k <= Math.min(columns - 1, x + radius); k++) {
        sum += weights[Math.abs(k - x)] * map[y * columns + k];
      }
      out[x * rows + y] = sum;
    }
  }
  return out;
}
