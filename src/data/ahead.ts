/** Batches that are got before they are needed. */
import type { Batch } from "./dataset.ts";
import type { BatchSource } from "./source.ts";

interface Coming {
  readonly position: number;
  readonly count: number;
  readonly batch: Promise<Batch | null>;
}

/** Batches that are on their way come to no more bytes together. */
const MOST_BYTES = 2 ** 28;

/**
 * A source of whose batches the next are on their way while the last is at work.
 *
 * @param source an endless one, all of whose batches are as large as they were asked to be
 * @param batches how many are got ahead, where they are not too large
 * @param bytes of an example
 */
export function readAhead(source: BatchSource, batches: number, bytes: number): BatchSource {
  let coming: Coming[] = [];
  const begin = (position: number, count: number): Coming => {
    const batch = source.take(position, count);
    batch.catch(() => {}); // told of to whoever takes it; maybe nobody does
    return { position, count, batch };
  };
  return {
    heldOut: source.heldOut,
    take(position, count) {
      const next = coming[0];
      // Where training went back, or a batch failed, what was on its way is not what is wanted.
      if (next?.position !== position || next.count !== count) coming = [begin(position, count)];
      const most = Math.max(1, Math.min(batches, Math.floor(MOST_BYTES / (count * bytes))));
      while (coming.length <= most) coming.push(begin(position + count * coming.length, count));
      return coming.shift()!.batch;
    },
    async close() {
      const left = coming;
      coming = [];
      await Promise.allSettled(left.map(({ batch }) => batch));
      await source.close();
    },
  };
}
