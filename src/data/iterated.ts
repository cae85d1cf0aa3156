/** Batches that an iterable gives, in its own order. */
import { DataError, show } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { type Batch, type DataFormat, type Examples, fitExamples, takeAll } from "./dataset.ts";
import { orWrite, readExamples, reading } from "./given.ts";
import type { BatchSource } from "./source.ts";
import { isTensor, readTensor, type TensorLike } from "./tensor.ts";
import { isValues, type Values } from "./values.ts";

/** A batch of any size, as an iterable gives it: numbers, examples, or a tensor `[N, H, W, C]` or `[N, d]`. A tensor of TensorFlow.js is read before the next batch is asked for, so that a generator may then dispose of it. */
export type BatchLike =
  | Values
  | Examples
  | TensorLike
  | {
      /** A tensor `[N, H, W, C]` or `[N, d]`. */
      readonly data: TensorLike;
      /** One class an example, `[N]`, one vector an example, `[N, size]`, or one image, `[N, H, W, C]`, one after another. Default: none. */
      readonly labels?: Examples["labels"];
    };

export type AnyIterable = Iterable<BatchLike> | AsyncIterable<BatchLike>;
type AnyIterator = Iterator<BatchLike> | AsyncIterator<BatchLike>;

/** Iterators had before, and what batches came of: one that gives nothing now is not empty, but used up. */
const iterated = new WeakSet<object>();

/** The batches of an iterable, cut anew to the size asked for. */
export class IteratedSource implements BatchSource {
  readonly heldOut = null;
  readonly #source: AnyIterable;
  readonly #format: DataFormat;
  readonly #least: number;
  /** The batch handed out last. */
  #last: Batch | null = null;
  /** Whether an earlier source iterated it. */
  readonly #isUsed: boolean;
  #iterator: AnyIterator | null;
  /** Batches got in all, and in this round through the source. */
  #batches = 0;
  #batchesThisRound = 0;
  #ended = false;
  #pulling = false;
  /** Examples got and not yet handed out, oldest first; of the first, those before `#offset` are gone. */
  #waiting: Batch[] = [];
  #offset = 0;

  constructor(source: AnyIterable, format: DataFormat, least: number) {
    this.#source = source;
    this.#format = format;
    this.#least = least;
    this.#iterator = iteratorOf(source);
    this.#isUsed = iterated.has(source) || iterated.has(this.#iterator);
    iterated.add(this.#iterator);
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
    this.#last = waiting < this.#least ? this.#joined(this.#cut(waiting)) : this.#cut(Math.min(count, waiting));
    return this.#last;
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

  /** Examples that are too few for a batch, behind as many of the batch before as it takes: so none is left out. */
  #joined({ count, data, labels }: Batch): Batch {
    const before = this.#last;
    if (!before) throw new DataError({ path: "data", expected: `at least ${this.#least} examples, as batch norm needs`, got: `${count}` });
    const join = (earlier: Float32Array, later: Float32Array): Float32Array => {
      const kept = earlier.subarray((earlier.length / before.count) * (before.count - this.#least + count));
      const both = new Float32Array(kept.length + later.length);
      both.set(kept);
      both.set(later, kept.length);
      return both;
    };
    return { count: this.#least, data: join(before.data, data), labels: labels && join(before.labels!, labels) };
  }

  #waitingCount(): number {
    return this.#waiting.reduce((sum, batch) => sum + batch.count, -this.#offset);
  }

  /** The source's next batch, checked; null once it has ended. */
  async #pull(): Promise<Batch | null> {
    while (!this.#ended) {
      this.#iterator ??= iteratorOf(this.#source);
      const { done, value } = await this.#next(this.#iterator);
      if (!done) {
        const path = `data[${this.#batches}]`;
        const batch = takeAll(fitExamples(await readBatch(path, value), this.#format, `${path}.`), this.#format);
        this.#batches++;
        this.#batchesThisRound++;
        iterated.add(this.#source);
        return batch;
      }
      if (this.#batches === 0 && this.#isUsed) throw usedUp();
      if (this.#batches === 0) throw new DataError({ path: "data", expected: "an iterable of at least one batch", got: "an empty one" });
      // A source that gives itself, or nothing more, when asked for a fresh iterator can be read only once.
      const fresh = iteratorOf(this.#source);
      this.#ended = fresh === this.#iterator || this.#batchesThisRound === 0;
      this.#iterator = this.#ended ? null : fresh;
      this.#batchesThisRound = 0;
    }
    return null;
  }

  /** What the iterator gives next; what it throws is the caller's own error. */
  async #next(iterator: AnyIterator): Promise<{ readonly done: unknown; readonly value: unknown }> {
    this.#pulling = true;
    let result: unknown;
    try {
      result = await iterator.next();
    } catch (error) {
      // A stream of Node that was closed is iterated with an error of its own.
      throw this.#batches === 0 && this.#isUsed && isDestroyed(this.#source) ? usedUp(error) : error;
    } finally {
      this.#pulling = false;
    }
    const path = `data[${this.#batches}]`;
    if (typeof result !== "object" || result === null) {
      throw new DataError({ path, expected: "an iterator's result, { done, value }", got: show(result) });
    }
    const { done, value } = result as { readonly done?: unknown; readonly value?: unknown };
    return { done, value };
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
      if (first.labels) {
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

/** What begins to iterate an object, as `for await` would look for it. */
export function iteratorMethod(source: object): (() => unknown) | undefined {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = source as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown };
  const method = later ?? now;
  return typeof method === "function" ? (method as () => unknown) : undefined;
}

function iteratorOf(source: AnyIterable): AnyIterator {
  const iterator = reading("data", () => iteratorMethod(source)?.call(source));
  const isIterator = reading(
    "data",
    () => typeof iterator === "object" && iterator !== null && "next" in iterator && typeof iterator.next === "function",
  );
  if (isIterator) return iterator as AnyIterator;
  throw new DataError({ path: "data", expected: "an iterable that gives an iterator, { next() }", got: show(iterator) });
}

function isDestroyed(source: AnyIterable): boolean {
  return "destroyed" in source && source.destroyed === true;
}

function usedUp(cause?: unknown): DataError {
  const expected = "what can be iterated anew (an array, an object with [Symbol.asyncIterator]), or a new iterator for each call";
  return new DataError({ path: "data", expected, got: "an iterator that an earlier call has closed or come to the end of" }, { cause });
}

/** A batch as examples, its tensor read. */
async function readBatch(path: string, batch: unknown): Promise<unknown> {
  if (typeof batch !== "object" || batch === null || reading(path, () => !isValues(batch) && !("data" in batch))) {
    const expected = `a batch: a typed array, { data, labels } or a tensor${orWrite(batch, path)}`;
    throw new DataError({ path, expected, got: show(batch) });
  }
  if (isValues(batch)) return batch;
  if (reading(path, () => isTensor(batch))) return readBatch(path, { data: batch });
  const { data, shape, labels } = readExamples(batch, `${path}.`);
  if (!reading(path, () => isTensor(data))) return batch;
  const tensor = data as TensorLike;
  return { data: await readTensor(tensor, `${path}.data`), shape: shape ?? reading(path, () => tensor.shape), labels };
}

/** Copies `count` examples, from number `start` on, of `source` to number `at` on of `target`. */
function copyExamples(source: Float32Array, sourceCount: number, start: number, count: number, target: Float32Array, at: number): void {
  const size = source.length / sourceCount;
  target.set(source.subarray(start * size, (start + count) * size), at * size);
}
