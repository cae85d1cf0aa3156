/**
 * Where threads meet between instructions: a counter of arrivals and a generation number. The last to arrive starts the next generation;
 * the others spin, which is all it takes when the work was shared evenly and every thread has a processor, and then sleep. How long they spin
 * adapts: sleeping and being woken costs more than most instructions, but where threads outnumber processors spinning keeps the others from working.
 */

import { SyncByte } from "./format/memory";

const MOST_SPINS: i32 = 200000;
const FEWEST_SPINS: i32 = 10000;

/** Waits until all `nth` threads have come. Shared memory only. */
export function barrier(sync: usize, nth: i32): void {
  if (!ASC_FEATURE_THREADS) return;
  const generation = atomic.load<i32>(sync, SyncByte.Generation);
  if (atomic.add<i32>(sync, 1, SyncByte.Arrivals) == nth - 1) {
    atomic.store<i32>(sync, 0, SyncByte.Arrivals);
    atomic.add<i32>(sync, 1, SyncByte.Generation);
    atomic.notify(sync + SyncByte.Generation, -1);
    return;
  }
  const known = load<i32>(sync, SyncByte.Patience);
  const patience = known ? known : MOST_SPINS;
  for (let i = 0; i < patience; i++) {
    if (atomic.load<i32>(sync, SyncByte.Generation) != generation) {
      store<i32>(sync, min(MOST_SPINS, patience + patience / 8), SyncByte.Patience);
      return;
    }
  }
  store<i32>(sync, max(FEWEST_SPINS, patience - patience / 8), SyncByte.Patience);
  while (atomic.load<i32>(sync, SyncByte.Generation) == generation) atomic.wait<i32>(sync + SyncByte.Generation, generation, -1);
}
