/** Address of the trained network that lies beside the page, or null: set by build.mjs. */
declare const SERVED_CHECKPOINT: string | null;
