/** The smallest multiple of `to` that is no less than `v`. */
export const roundUp = (v: number, to: number): number => Math.ceil(v / to) * to;
