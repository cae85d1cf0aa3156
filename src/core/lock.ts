/** Lets one piece of work run at a time, in the order they asked. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs `work` when all work before it is over, however that ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const result = this.#last.then(work).finally(() => {
      this.#waiting--;
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /** Runs `work` now if nothing is running, else when all work so far is over. */
  whenFree(work: () => void): void {
    if (this.#waiting === 0) work();
    else this.#last = this.#last.then(work);
  }
}
