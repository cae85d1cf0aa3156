/** How a person ends a run: once for what is finished, twice for good. */
import type { EventEmitter } from "node:events";

/** The exit code of what Ctrl-C has ended. */
export const INTERRUPTED = 130;

/** A terminal's Ctrl-C comes from the terminal and, a moment later, from npm, which passes it on: within so many milliseconds it is the same one. */
const SAME = 400;

/**
 * Listens to Ctrl-C from now on.
 *
 * @param exit called at the second
 * @returns aborted at the first
 */
export function untilInterrupted(exit: (code: number) => void, say: (line: string) => void, source: EventEmitter = process): AbortSignal {
  const stop = new AbortController();
  let first = 0;
  source.on("SIGINT", () => {
    const now = performance.now();
    if (!stop.signal.aborted) {
      first = now;
      say("Ending. What is finished is kept; Ctrl-C again ends at once.");
      stop.abort(new Error("it was ended"));
    } else if (now - first > SAME) exit(INTERRUPTED);
  });
  return stop.signal;
}
