/** What training takes its batches from. */
import type { Batch } from "./dataset.ts";

/** Examples that training never sees. */
export interface HeldOut {
  /** The next `count` of an endless walk through them, `position` having been taken before. @throws {@link DataError} if they were changed to what cannot be */
  take(position: number, count: number): Promise<Batch>;
  /** As many of those that are trained on, likewise. @throws {@link DataError} as `take` */
  others(position: number, count: number): Promise<Batch>;
}

/** Where a training loop takes its batches from. */
export interface BatchSource {
  /** What is kept apart from it; null where nothing is. */
  readonly heldOut: HeldOut | null;
  /**
   * Takes `count` examples. Where the data run out there may be fewer; after that, null.
   *
   * @param position images that training has taken before these. The batches of an iterable come in their own order, whatever it is.
   * @throws {@link DataError} if the data gave something unusable; nothing is then taken.
   */
  take(position: number, count: number): Promise<Batch | null>;
  /** Lets go of the data, so that an iterator can release what it holds. */
  close(): Promise<void>;
}
