/** Channel counts of a network. At full width these are the paper's. */
export interface Widths {
  /** Channels of VGG19's first four blocks; conv5_1 and conv5_2 keep the last. */
  vgg: readonly [number, number, number, number];
  /** Features that every stage reads (conv5_3). */
  feat: number;
  /** Hidden channels of the 7x7 stages. */
  stage: number;
  /** Hidden channels of stage 1's 1x1 layer. */
  hid: number;
}

/** The paper's. */
export const FULL_WIDTHS: Widths = { vgg: [64, 128, 256, 512], feat: 128, stage: 128, hid: 512 };

/** Full widths times `factor` (at least one channel each), with single counts overridden. */
export function scaleWidths(factor: number, overrides: Partial<Widths> = {}): Widths {
  const scale = (n: number) => Math.max(1, Math.round(n * factor));
  const [a, b, c, d] = FULL_WIDTHS.vgg.map(scale);
  const { feat, stage, hid } = FULL_WIDTHS;
  return { vgg: [a, b, c, d], feat: scale(feat), stage: scale(stage), hid: scale(hid), ...overrides };
}
