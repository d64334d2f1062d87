import { join } from "node:path";
import type { Course } from "../course/index";
import { saveCheckpoint } from "../files/node";
import { FILES, type Journal } from "../record/node";

export interface SaverOptions {
  course: Course;
  journal: Journal;
  out: string;
  /** `last` holds where the course stands now; false where there is none, or a damaged one. */
  saved: boolean;
}

/** Saves a run's checkpoints in its folder: the last two, and the best. */
export class Saver {
  /** The position that `last` holds, as JSON; null where there is none, or a damaged one. */
  #saved: string | null;

  constructor(readonly run: SaverOptions) {
    this.#saved = run.saved ? JSON.stringify(run.course.position) : null;
  }

  /** Saves where the run stands, unless that was the last thing saved. The records of its steps are on the disk before. */
  async saveLast(): Promise<void> {
    const { course, journal } = this.run;
    await course.drain();
    journal.sync();
    const position = JSON.stringify(course.position);
    if (position === this.#saved) return;
    // A damaged one does not take the place of the whole one before it.
    await this.#save(FILES.last, this.#saved === null ? undefined : FILES.previous);
    this.#saved = position;
  }

  async saveBest(): Promise<void> {
    await this.#save(FILES.best);
  }

  async #save(name: string, previous?: string): Promise<void> {
    const { course, journal, out } = this.run;
    await journal.during("checkpoints", async () => {
      await saveCheckpoint(join(out, name), await course.checkpoint(), previous && join(out, previous));
    });
  }
}
