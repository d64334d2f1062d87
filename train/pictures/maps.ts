/** Maps of one image: `data` holds `channels` times `height` times `width` values, row-major, nominally 0 to 1. */
export interface Maps {
  readonly data: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}
