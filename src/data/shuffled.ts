/** Batches of examples that can be had by their indices, in an order of each epoch's own. */
import { DataError } from "../core/errors.ts";
import { permutation, Stream } from "../core/random.ts";
import type { Batch } from "./dataset.ts";
import type { BatchSource, HeldOut } from "./source.ts";

/** Examples that can be had by their indices. */
export interface IndexedExamples {
  /** How many there are. */
  readonly count: number;
  /** @throws {@link DataError} for those that cannot be */
  take(indices: Uint32Array): Batch | Promise<Batch>;
}

/**
 * An endless walk through examples, each epoch in an order of its own.
 *
 * @param seed what the orders follow from
 * @param validation the share of the examples that is held out, drawn by `seed`
 * @throws {@link DataError} where that comes to none
 */
export function shuffled(examples: IndexedExamples, seed: number, validation: number): BatchSource {
  if (validation === 0) return new ShuffledSource(examples, seed);
  const [held, kept] = split(examples.count, validation, seed);
  const walk = async (through: Uint32Array, position: number, count: number): Promise<Batch> =>
    examples.take(Uint32Array.from({ length: count }, (_, i) => through[(position + i) % through.length]!));
  const heldOut: HeldOut = { take: (...which) => walk(held, ...which), others: (...which) => walk(kept, ...which) };
  return new ShuffledSource(examples, seed, { heldOut, indices: kept.slice().sort() });
}

/** Which of so many examples are held out, and which are not, both at random. */
function split(count: number, validation: number, seed: number): readonly [held: Uint32Array, kept: Uint32Array] {
  const held = Math.floor(count * validation);
  if (held === 0) {
    throw new DataError({ path: "validation", expected: `a share of the ${count} examples that comes to at least one`, got: `${validation}` });
  }
  const order = permutation(count, seed, Stream.split, 0);
  return [order.slice(0, held), order.slice(held)];
}

class ShuffledSource implements BatchSource {
  readonly heldOut: HeldOut | null;
  readonly #examples: IndexedExamples;
  readonly #seed: number;
  /** Those of the examples that it walks through; null for all. */
  readonly #indices: Uint32Array | null;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array();

  constructor(
    examples: IndexedExamples,
    seed: number,
    { heldOut = null, indices = null }: { readonly heldOut?: HeldOut | null; readonly indices?: Uint32Array | null } = {},
  ) {
    this.#examples = examples;
    this.#seed = seed;
    this.heldOut = heldOut;
    this.#indices = indices;
  }

  async take(position: number, count: number): Promise<Batch> {
    const indices = new Uint32Array(count);
    for (let i = 0; i < count; i++) indices[i] = this.#indexAt(position + i);
    return this.#examples.take(indices);
  }

  async close(): Promise<void> {}

  #indexAt(position: number): number {
    const count = this.#indices?.length ?? this.#examples.count;
    const epoch = Math.floor(position / count);
    if (epoch !== this.#epoch) {
      this.#order = permutation(count, this.#seed, Stream.shuffle, epoch);
      this.#epoch = epoch;
    }
    const index = this.#order[position % count]!;
    return this.#indices?.[index] ?? index;
  }
}
