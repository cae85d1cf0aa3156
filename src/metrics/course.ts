/** Long work: others get their turn, a signal is heeded, and progress told. */
import { SIGNAL } from "../core/abort.ts";
import { type Fields, optional, that } from "../core/check.ts";
import { Breath } from "../core/time.ts";
import type { Course } from "./features.ts";

export const COURSE: Fields<Course> = {
  signal: SIGNAL,
  onProgress: optional(
    that<Course["onProgress"]>("a function", (v) => typeof v === "function"),
    undefined,
  ),
};

/** How far the work has come. */
export class Progress {
  readonly #breath = new Breath();
  readonly #course: Course;

  /** @throws the signal's reason if it is aborted already */
  constructor(course: Course) {
    this.#course = course;
    this.#heed();
  }

  /**
   * To be awaited between the parts of the work.
   *
   * @param done how much of it is done, from 0 to 1
   * @throws the signal's reason, once it is aborted
   */
  async at(done: number): Promise<void> {
    await this.#breath.take();
    this.#heed();
    this.#course.onProgress?.(done);
  }

  #heed(): void {
    if (this.#course.signal?.aborted) throw this.#course.signal.reason; // older signals have no method for it
  }
}
