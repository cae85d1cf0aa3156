/** Work that is not waited for when a signal says so. */
import { isRecord, optional, that } from "./check.ts";
import type { AbortSignalLike } from "./platform.ts";

/** A signal, or none. */
export const SIGNAL = optional(
  that<AbortSignalLike | undefined>(
    "an AbortSignal",
    (v) => isRecord(v) && typeof v.aborted === "boolean" && [v.addEventListener, v.removeEventListener].every((f) => typeof f === "function"),
  ),
  undefined,
);

/** What `work` gives, or null as soon as a signal is aborted, after which nobody waits for the work. Leaves nothing behind at the signals. */
export function orAborted<T>(work: Promise<T>, signals: readonly (AbortSignalLike | undefined)[]): Promise<T | null> {
  const heeded = signals.filter((signal) => signal !== undefined);
  return new Promise((resolve, reject) => {
    const leave = () => {
      for (const signal of heeded) signal.removeEventListener("abort", abort);
    };
    const abort = () => {
      leave();
      resolve(null);
    };
    work.then(resolve, reject).finally(leave);
    for (const signal of heeded) {
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    }
  });
}
