/** Runs what is asked for one after another, and of all that waits only the last: what follows a hand must not lag behind it. */
export class Latest {
  #running = false;
  #waiting: (() => Promise<void>) | undefined;
  readonly #failed: (error: Error) => void;

  /** @param failed is told what went wrong */
  constructor(failed: (error: Error) => void) {
    this.#failed = failed;
  }

  /** @param work is begun at once if nothing is under way, and else afterwards unless something else is asked for by then */
  ask(work: () => Promise<void>): void {
    this.#waiting = work;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let work = this.#waiting; work; work = this.#waiting) {
      this.#waiting = undefined;
      try {
        await work();
      } catch (error) {
        this.#failed(error as Error);
      }
    }
    this.#running = false;
  }
}
