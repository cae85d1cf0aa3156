/** Some of the examples that a training has seen. */
import type { Shape } from "../../core/shape.ts";
import { checksum } from "../../core/values.ts";
import type { Batch } from "../../data/dataset.ts";
import { type Rows, reduced } from "./distances.ts";

/** Images that are remembered in small. */
const MOST = 1024;

/** The first examples of a training: some as they are, more in small. */
export class Examples {
  readonly #shape: Shape;
  readonly #most: number;
  #batches: Batch[] = [];
  #noted = 0;
  #reference: Batch | null = null;
  #pool: Rows[] = [];
  /** What tells them apart: one that comes again in the next epoch is no other. */
  readonly #pooled = new Set<number | null>();

  /** @param most how many are remembered as they are */
  constructor(shape: Shape, most: number) {
    this.#shape = shape;
    this.#most = most;
  }

  note(batch: Batch): void {
    if (!this.#reference) {
      this.#batches.push(batch);
      const seen = this.#batches.reduce((sum, { count }) => sum + count, 0);
      if (seen >= this.#most) {
        this.#reference = firstOf(this.#batches, this.#most);
        this.#batches = [];
      }
    }
    // For good: were every batch looked at until there are enough, those of few images would be looked at for ever.
    if (this.#noted >= 4 * MOST || this.#pooled.size >= MOST) return;
    this.#noted += batch.count;
    const rows = reduced(batch.data, this.#shape);
    const { d } = rows;
    const others: number[] = [];
    for (let i = 0; i < rows.n && this.#pooled.size < MOST; i++) {
      const sum = checksum(rows.data.slice(i * d, (i + 1) * d));
      if (this.#pooled.has(sum)) continue;
      this.#pooled.add(sum);
      others.push(i);
    }
    if (others.length === 0) return;
    // A copy, as the numbers may be the caller's.
    const data = new Float32Array(others.length * d);
    for (const [k, i] of others.entries()) data.set(rows.data.subarray(i * d, (i + 1) * d), k * d);
    this.#pool.push({ n: others.length, d, data });
  }

  /** The first ones, as they are; null until there are enough. */
  get reference(): Batch | null {
    return this.#reference;
  }

  /** The first ones in small, each once. */
  get pool(): Rows {
    if (this.#pool.length > 1) this.#pool = [joinRows(this.#pool)];
    return this.#pool[0]!;
  }
}

function joinRows(parts: readonly Rows[]): Rows {
  return { n: parts.reduce((sum, { n }) => sum + n, 0), d: parts[0]!.d, data: joined(parts.map(({ data }) => data)) };
}

/** Numbers one after another. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function firstOf(batches: readonly Batch[], count: number): Batch {
  const all = { count: batches.reduce((sum, batch) => sum + batch.count, 0), data: joined(batches.map(({ data }) => data)) };
  const labels = batches[0]!.labels && joined(batches.map((batch) => batch.labels!));
  return rowsOf({ ...all, labels }, 0, count);
}

/** Examples `first` to `first + count` of a batch, copied. */
export function rowsOf(batch: Batch, first: number, count: number): Batch {
  const part = (values: Float32Array): Float32Array =>
    values.slice((values.length / batch.count) * first, (values.length / batch.count) * (first + count));
  return { count, data: part(batch.data), labels: batch.labels && part(batch.labels) };
}
