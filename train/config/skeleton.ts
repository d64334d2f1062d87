import { HAND, type Skeleton } from "../../masks/index";
import type { Config } from "./resolve";

/** What an experiment looks for in its images: a hand, whatever else it says. */
export const skeletonOf = (_config: Config): Skeleton => HAND;

/** How an experiment unites limbs into channels, by the grouping's name: G1&6 for seven channels, else the whole hand. */
export const groupingOf = ({ limbc }: Config): string => (limbc === 7 ? "G1_6" : "G1");
