import { DataError, show } from "../core/errors.ts";
import { permutation, Stream } from "../core/random.ts";
import { sizeOf } from "../core/shape.ts";
import { type Batch, type DataFormat, type Dataset, type Examples, fitDataset, isValues, type Values } from "./dataset.ts";
import { isTensor, readTensor, type TensorLike } from "./tensor.ts";

/** A batch of any size, as an iterable gives it: numbers, examples, or a tensor `[N, H, W, C]` or `[N, d]`. A tensor of TensorFlow.js is read before the next batch is asked for, so that a generator may then dispose of it. */
export type BatchLike =
  | Values
  | Examples
  | TensorLike
  | {
      /** A tensor `[N, H, W, C]` or `[N, d]`. */
      readonly data: TensorLike;
      /** One class an example, `[N]`, or one vector an example, `[N, size]`. Default: none. */
      readonly labels?: Examples["labels"];
    };

/**
 * Everything a GAN can be trained on: examples in memory, or any iterable or async iterable of batches of any size.
 *
 * Examples in memory are shuffled anew for every epoch, by the GAN's seed. Batches come in their own order and are cut to the size asked for; an iterable that can
 * be iterated anew (an array, say) goes round for ever, and one that cannot (a generator) ends training when it ends.
 */
export type TrainingData = Values | Examples | Iterable<BatchLike> | AsyncIterable<BatchLike>;

/** Where a training loop takes its batches from. */
export interface BatchSource {
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

/**
 * Opens training data for a model.
 *
 * Examples in memory become one endless stream of seeded shuffles, epoch after epoch, so that no short last batch is lost. Batches of an iterable come in its own order, cut to the size asked for; one that can be iterated anew (an array, say) goes round for ever,
 * and one that cannot (a generator) ends the stream.
 *
 * @param seed what the shuffles follow from
 * @throws {@link DataError} if examples in memory are faulty or do not fit the model.
 */
export function openSource(data: TrainingData, format: DataFormat, seed: number): BatchSource {
  if (isValues(data)) return new ShuffledSource(fitDataset(data, format), format, seed);
  if (isTensor(data)) throw new DataError({ path: "data", expected: "a tensor as a dataset, by Dataset.fromTensor", got: show(data) });
  if (typeof data === "object" && data !== null) {
    if ("data" in data) return new ShuffledSource(fitDataset(data, format), format, seed);
    if (Symbol.asyncIterator in data || Symbol.iterator in data) return new IteratedSource(data, format);
  }
  throw new DataError({ path: "data", expected: "a Dataset, { data, labels } or an iterable of batches", got: show(data) });
}

/** An endless walk through a dataset, each epoch in an order of its own. */
class ShuffledSource implements BatchSource {
  readonly #dataset: Dataset;
  readonly #conditional: boolean;
  readonly #seed: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array();

  constructor(dataset: Dataset, format: DataFormat, seed: number) {
    this.#dataset = dataset;
    this.#conditional = format.condition !== undefined;
    this.#seed = seed;
  }

  async take(position: number, count: number): Promise<Batch> {
    const indices = new Uint32Array(count);
    for (let i = 0; i < count; i++) indices[i] = this.#indexAt(position + i);
    const batch = this.#dataset.take(indices);
    return this.#conditional ? batch : { ...batch, labels: null };
  }

  async close(): Promise<void> {}

  #indexAt(position: number): number {
    const { count } = this.#dataset;
    const epoch = Math.floor(position / count);
    if (epoch !== this.#epoch) {
      this.#order = permutation(count, this.#seed, Stream.shuffle, epoch);
      this.#epoch = epoch;
    }
    return this.#order[position % count]!;
  }
}

type AnyIterable = Iterable<BatchLike> | AsyncIterable<BatchLike>;
type AnyIterator = Iterator<BatchLike> | AsyncIterator<BatchLike>;

/** The batches of an iterable, cut anew to the size asked for. */
class IteratedSource implements BatchSource {
  readonly #source: AnyIterable;
  readonly #format: DataFormat;
  #iterator: AnyIterator | null;
  /** Batches got in all, and in this round through the source. */
  #batches = 0;
  #batchesThisRound = 0;
  #ended = false;
  #pulling = false;
  /** Examples got and not yet handed out, oldest first; of the first, those before `#offset` are gone. */
  #waiting: Batch[] = [];
  #offset = 0;

  constructor(source: AnyIterable, format: DataFormat) {
    this.#source = source;
    this.#format = format;
    this.#iterator = iteratorOf(source);
  }

  async take(_position: number, count: number): Promise<Batch | null> {
    let waiting = this.#waitingCount();
    while (waiting < count) {
      const batch = await this.#pull();
      if (!batch) break;
      this.#waiting.push(batch);
      waiting += batch.count;
    }
    if (waiting === 0) return null;
    return this.#cut(Math.min(count, waiting));
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#waiting = [];
    const iterator = this.#iterator;
    this.#iterator = null;
    const returned = Promise.resolve(iterator?.return?.());
    // A generator that is still at work on its next batch returns when it has it, which may be never.
    if (this.#pulling) returned.catch(() => {});
    else await returned;
  }

  #waitingCount(): number {
    return this.#waiting.reduce((sum, batch) => sum + batch.count, -this.#offset);
  }

  /** The source's next batch, checked; null once it has ended. */
  async #pull(): Promise<Batch | null> {
    while (!this.#ended) {
      this.#iterator ??= iteratorOf(this.#source);
      this.#pulling = true;
      const result = await this.#iterator.next();
      this.#pulling = false;
      if (!result.done) {
        const prefix = `data[${this.#batches}].`;
        const dataset = fitDataset(await readBatch(prefix, result.value), this.#format, prefix);
        this.#batches++;
        this.#batchesThisRound++;
        return dataset.take(Uint32Array.from({ length: dataset.count }, (_, i) => i));
      }
      if (this.#batches === 0) throw new DataError({ path: "data", expected: "an iterable of at least one batch", got: "an empty one" });
      // A source that gives itself, or nothing more, when asked for a fresh iterator can be read only once.
      const fresh = iteratorOf(this.#source);
      this.#ended = fresh === this.#iterator || this.#batchesThisRound === 0;
      this.#iterator = this.#ended ? null : fresh;
      this.#batchesThisRound = 0;
    }
    return null;
  }

  /** Takes this many of the waiting examples. */
  #cut(count: number): Batch {
    const data = new Float32Array(count * sizeOf(this.#format.shape));
    let labels: Float32Array | null = null;
    let filled = 0;
    while (filled < count) {
      const first = this.#waiting[0]!;
      const taken = Math.min(count - filled, first.count - this.#offset);
      copyExamples(first.data, first.count, this.#offset, taken, data, filled);
      if (first.labels && this.#format.condition) {
        labels ??= new Float32Array((count * first.labels.length) / first.count);
        copyExamples(first.labels, first.count, this.#offset, taken, labels, filled);
      }
      filled += taken;
      this.#offset += taken;
      if (this.#offset === first.count) {
        this.#waiting.shift();
        this.#offset = 0;
      }
    }
    return { count, data, labels };
  }
}

function iteratorOf(source: AnyIterable): AnyIterator {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

async function readBatch(prefix: string, batch: BatchLike): Promise<Values | Examples> {
  if (isTensor(batch)) return readBatch(prefix, { data: batch });
  if (isValues(batch)) return batch;
  if (typeof batch === "object" && batch !== null && "data" in batch) {
    const { data, labels } = batch;
    return isTensor(data) ? { data: await readTensor(data, `${prefix}data`), shape: data.shape, labels } : (batch as Examples);
  }
  throw new DataError({ path: prefix.slice(0, -1), expected: "a batch: a typed array, { data, labels } or a tensor", got: show(batch) });
}

/** Copies `count` examples, from number `start` on, of `source` to number `at` on of `target`. */
function copyExamples(source: Float32Array, sourceCount: number, start: number, count: number, target: Float32Array, at: number): void {
  const size = source.length / sourceCount;
  target.set(source.subarray(start * size, (start + count) * size), at * size);
}
