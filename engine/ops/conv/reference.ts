import { mapNd, type Nd, nd } from "../../core/index";
import type { Conv2dAttrs } from "./attrs";
import { type ConvGeometry, convGeometry } from "./common/index";

/** conv2d in float64, term by term. */
export function conv2dReference([x, w, b]: readonly Nd[], attrs: Conv2dAttrs): Nd {
  const g = convGeometry(b ? [x.shape, w.shape, b.shape] : [x.shape, w.shape], attrs);
  const y = nd([g.n, g.co, g.oh, g.ow]);
  if (b) eachResult(g, (yi, o) => (y.data[yi] = b.data[o]));
  eachTerm(g, (xi, wi, yi) => {
    y.data[yi] += x.data[xi] * w.data[wi];
  });
  return attrs.relu ? mapNd(y, (v) => Math.max(v, 0)) : y;
}

/** Calls `result` with the flat index of every result y[yi] and its channel. */
export function eachResult({ n, co, oh, ow }: ConvGeometry, result: (yi: number, o: number) => void): void {
  for (let yi = 0; yi < n * co * oh * ow; yi++) result(yi, Math.floor(yi / (oh * ow)) % co);
}

/** Calls `term` with the flat indices of every product x[xi] * w[wi] that y[yi] sums. */
export function eachTerm(g: ConvGeometry, term: (xi: number, wi: number, yi: number) => void): void {
  for (let n = 0; n < g.n; n++)
    for (let o = 0; o < g.co; o++)
      for (let i = 0; i < g.oh; i++)
        for (let j = 0; j < g.ow; j++)
          for (let c = 0; c < g.ci; c++)
            for (let ky = 0; ky < g.kh; ky++)
              for (let kx = 0; kx < g.kw; kx++) {
                const row = i * g.strideY - g.padY + ky * g.dilationY;
                const col = j * g.strideX - g.padX + kx * g.dilationX;
                if (row < 0 || row >= g.h || col < 0 || col >= g.w) continue;
                term(
                  ((n * g.ci + c) * g.h + row) * g.w + col,
                  ((o * g.ci + c) * g.kh + ky) * g.kw + kx,
                  ((n * g.co + o) * g.oh + i) * g.ow + j,
                );
              }
}
