/**
 * Where threads meet between instructions: a counter of arrivals and a generation number. The last to arrive starts the next generation;
 * the others spin for a moment, which is all it takes when the work was shared evenly, and then sleep.
 */

/** Bytes at `sync`: arrivals, then generation on a cache line of its own. */
const GENERATION: usize = 64;
const SPINS: i32 = 20000;

/** Waits until all `nth` threads have come. Shared memory only. */
export function barrier(sync: usize, nth: i32): void {
  if (!ASC_FEATURE_THREADS) return;
  const generation = atomic.load<i32>(sync, GENERATION);
  if (atomic.add<i32>(sync, 1) == nth - 1) {
    atomic.store<i32>(sync, 0);
    atomic.add<i32>(sync, 1, GENERATION);
    atomic.notify(sync + GENERATION, -1);
    return;
  }
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(sync, GENERATION) != generation) return;
  while (atomic.load<i32>(sync, GENERATION) == generation) atomic.wait<i32>(sync + GENERATION, generation, -1);
}
