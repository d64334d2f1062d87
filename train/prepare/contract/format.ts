import type { SourceHand } from "./hand";
import type { JointOrder } from "./joint-order";

/** A dataset's format, as its file in train/prepare/formats says it. Its name is its line in the table there. */
export interface Format {
  /**
   * Finds the dataset's files and reads its hands.
   * @param source the dataset's folder, or its annotation file
   * @throws UserError that says what was looked for, where this is no such dataset; file, place and what was expected, where it is broken
   */
  readonly read: (source: string, settings: Settings) => Found;
  /** The order in which the hands that are read have their joints, where it is not NSRM's. */
  readonly order?: JointOrder;
  /** Settings that it has beside those of all formats. */
  readonly options?: readonly FormatOption[];
}

/** A setting of one format, as the command line has it. */
export interface FormatOption {
  /** One word, the option's and the setting's: `images` for `--images <dir>`. */
  readonly name: string;
  readonly placeholder: string;
  /** What --help says of it. */
  readonly says: string;
  /** The words that it may be, the first where nothing is said; anything else is a path. */
  readonly words?: readonly string[];
}

/** A format's settings by name; undefined where nothing is said. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** A photograph or hand that was left out, and why. */
export interface Skipped {
  readonly what: string;
  readonly why: string;
}

/** What a format's reader finds. */
export interface Found {
  readonly hands: SourceHand[];
  readonly skipped: Skipped[];
  /** What deserves to be said aloud: choices that were made for the user. */
  readonly notes: string[];
}
