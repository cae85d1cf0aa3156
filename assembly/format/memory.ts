/** Both ends of linear memory, which are no tensor's: where threads meet, and what kernels may read beyond the last tensor. */

/** The first bytes: kept for the following, and so that no tensor has address 0. */
export const RESERVED_BYTES = 1024;

/** Where the threads meet (barrier.ts). */
export const SYNC = 64;

/** From there, each on a cache line of its own. */
export const enum SyncByte {
  /** How many have come. */
  Arrivals = 0,
  /** How often all have met. */
  Generation = 64,
  /** How many spins the next wait may take; 0: not yet known. */
  Patience = 128,
}

/** The last bytes: a kernel may read vectors past the end of a tensor, none further than this. */
export const OVERREAD_BYTES = 1024;
