/** What a caller hands in to be trained on, as batches. */
import { DataError, show } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { readAhead } from "./ahead.ts";
import { type DataFormat, type Examples, fitExamples, takeExamples } from "./dataset.ts";
import { isNumbers, reading } from "./given.ts";
import { type AnyIterable, type BatchLike, IteratedSource, iteratorMethod } from "./iterated.ts";
import { isLazy, type LazyDataset, openLazy } from "./lazy.ts";
import { shuffled } from "./shuffled.ts";
import type { BatchSource } from "./source.ts";
import type { Values } from "./values.ts";

/**
 * Everything a GAN can be trained on: examples in memory, examples that are read when they are needed, or any iterable or async iterable of batches of any size.
 *
 * Examples in memory, and those that are read by their indices, are shuffled anew for every epoch, by the GAN's seed. Batches come in their own order and are cut to the size asked for; an iterable that can
 * be iterated anew (an array, say) goes round for ever, and one that cannot (a generator) ends training when it ends. A call of `train` closes the iterator that it
 * was given when it ends, with what is left of the last batch: a generator or a stream is for one call, and for several there is an iterable that begins anew.
 */
export type TrainingData = Values | Examples | LazyDataset | Iterable<BatchLike> | AsyncIterable<BatchLike>;

/**
 * Opens training data for a model, as {@link TrainingData} says: as one stream, so that no short last batch of an epoch is lost.
 *
 * @param seed what the shuffles follow from
 * @param least the fewest examples of a batch. Where an iterable ends with fewer, some of the batch before come once more. Default 1
 * @param validation the share of the examples that is held out, drawn by `seed`. Default 0
 * @param ahead batches that are on their way while the last is at work, of examples that must be read. Default 1
 * @throws {@link DataError} if examples are faulty, do not fit the model, or are too few to hold some out; and for an iterable to hold out from, as nobody knows what it gives again
 */
export function openSource(data: TrainingData, format: DataFormat, seed: number, { least = 1, validation = 0, ahead = 1 } = {}): BatchSource {
  if (typeof data !== "object" || data === null) {
    throw new DataError({
      path: "data",
      expected: "a Dataset, { data, shape, labels }, numbers, { shape, read } or an iterable of batches",
      got: show(data),
    });
  }
  // An array of numbers can be iterated too, and is no iterable of batches.
  const isIterated = !isNumbers(data, "data") && reading("data", () => !("data" in data) && iteratorMethod(data) !== undefined);
  if (isIterated && validation > 0) {
    const expected = "examples that can be had by their indices, where some are to be held out: an iterable may give them again";
    throw new DataError({ path: "data", expected, got: "an iterable of batches" });
  }
  if (isIterated) return new IteratedSource(data as AnyIterable, format, least);
  if (isLazy(data)) return readAhead(shuffled(openLazy(data, format), seed, validation), ahead, 4 * sizeOf(format.shape));
  const examples = fitExamples(data, format);
  return shuffled({ count: examples.shape[0]!, take: (indices) => takeExamples(examples, indices, format) }, seed, validation);
}
