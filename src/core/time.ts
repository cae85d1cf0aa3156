/** Time and turns of the event loop, by the functions that were there when this module was loaded: timers that are faked later do not stop it. */

const clock = performance.now.bind(performance);
const { setTimeout, clearTimeout } = globalThis;
let immediate = typeof setImmediate === "function" ? setImmediate : undefined;
// Not looked at where it is not needed, as Node then loads a good deal for it.
const Channel = immediate || typeof MessageChannel !== "function" ? undefined : MessageChannel;

/** A moment, in milliseconds. */
export const now = (): number => clock();

/** Milliseconds since a moment; none where the clock was put back. */
export const since = (moment: number): number => Math.max(0, clock() - moment);

/** Goes on after timers, messages and I/O that are due. In pages by a message, as browsers hold timers of hidden ones back, to one a minute in the end. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    try {
      if (immediate) return immediate(resolve);
    } catch {
      immediate = undefined; // some edge runtimes have one that only throws
    }
    if (Channel) {
      const { port1, port2 } = new Channel();
      port1.onmessage = () => {
        port1.close(); // an open one keeps some runtimes from ending
        resolve();
      };
      port2.postMessage(null);
    } else {
      setTimeout(resolve);
    }
  });
}

/** How long computing may go on before the event loop gets its turn, in milliseconds. */
const BREATH_MS = 50;
/** How often at most, where a clock that stands still cannot tell: some runtimes' does while they compute. */
const BREATH_CALLS = 8;

/** Awaited between the parts of long work: others get their turn, and what it throws ends the work. */
export type Pause = () => Promise<void>;

/** Gives timers, messages and I/O their turn whenever it is time. */
export class Breath {
  #taken = now();
  #calls = 0;

  /** To be awaited again and again by what computes long. */
  async take(): Promise<void> {
    const passed = now() - this.#taken;
    if (++this.#calls < BREATH_CALLS && passed >= 0 && passed <= BREATH_MS) return;
    await nextTask();
    this.#taken = now();
    this.#calls = 0;
  }
}

/**
 * Calls `late` in `ms` milliseconds, unless it is stopped before. In two halves: what came while this thread was busy is heard only after a timer that is due.
 *
 * @returns stops it
 */
export function deadline(ms: number, late: () => void): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(late, ms / 2);
  }, ms / 2);
  return () => clearTimeout(timer);
}

/** How long what was told to end is waited for, in milliseconds. */
const GRACE_MS = 1000;

/** Waits until `work` is done, but not much longer than a second. @returns whether it was. What it throws in that time is thrown */
export function withinGrace(work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), GRACE_MS);
    work.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}
