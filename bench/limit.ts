/** Work that may not take for ever. */

export interface Bounds {
  /** Milliseconds; undefined for as long as it takes. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `work` gives.
 *
 * @param end called where it is waited for no longer
 * @throws Error where it takes longer than the limit
 * @throws what `signal` gives as its reason
 */
export function within<T>(work: Promise<T>, { limit, signal }: Bounds, end: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const giveUp = (reason: unknown): void => {
      settle();
      end();
      reject(reason);
    };
    const abort = (): void => giveUp(signal!.reason);
    const timer = limit === undefined ? undefined : setTimeout(() => giveUp(new Error(`did not answer in ${limit / 1_000} s`)), limit);
    signal?.addEventListener("abort", abort);
    work.then(resolve, reject).finally(settle);
    if (signal?.aborted) abort();
  });
}
