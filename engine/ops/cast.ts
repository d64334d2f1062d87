import { defineOp, mapNd, type NoAttrs, ramp, type Tensor } from "../core/index";
import type { Dtype } from "../device/index";
import { convert } from "./basics";

/** The same values in the other element type. To float16 it rounds: 11 significant bits, above 65,504 infinity. */
export const castOp = defineOp<NoAttrs>({
  name: "cast",
  shape: ([x]) => x,
  half: "all",
  dtype: (x) => (x === "f16" ? "f32" : "f16"),
  forward: (_, [x], y) => void convert(x, y),
  vjp: (_, __, { gy, out }) => convert(gy, out(gy.shape)),
  reference: ([x]) => mapNd(x, (v) => v),
  samples: () => [
    { inputs: [ramp([2, 3, 5])], attrs: {} },
    { inputs: [ramp([], 1000, 2000)], attrs: {} },
  ],
});

/** x as float16 or float32; x itself where it is that already. */
export const cast = (x: Tensor, to: Dtype): Tensor => (x.dtype === to ? x : castOp.apply([x], {}));
