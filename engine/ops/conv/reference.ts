import { mapNd, type Nd, nd } from "../../nd";
import { type Conv2dAttrs, type ConvGeometry, convGeometry } from "./geometry";

/** conv2d in float64, term by term. */
export function conv2dReference([x, w, b]: readonly Nd[], attrs: Conv2dAttrs): Nd {
  const g = convGeometry(b ? [x.shape, w.shape, b.shape] : [x.shape, w.shape], attrs);
  const y = nd([g.n, g.co, g.oh, g.ow]);
  if (b) for (let i = 0; i < y.data.length; i++) y.data[i] = b.data[Math.floor(i / (g.oh * g.ow)) % g.co];
  eachTerm(g, (xi, wi, yi) => {
    y.data[yi] += x.data[xi] * w.data[wi];
  });
  return attrs.relu ? mapNd(y, (v) => Math.max(v, 0)) : y;
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
