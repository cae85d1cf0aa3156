/** The pictures of a folder as examples. */
import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { DataError, StateError, show } from "../../core/errors.ts";
import { allocateBytes } from "../../core/memory.ts";
import { sizeOf } from "../../core/shape.ts";
import type { Decoder } from "./decoder.ts";
import type { Picture } from "./scan.ts";
import { dataError, faultOf, isShortage, reasonOf } from "./source.ts";
import type { Target } from "./target.ts";

/** What keeps all threads busy, as some wait for the disk. */
const AT_ONCE = 2 * availableParallelism() + 2;

export interface ReaderOptions {
  readonly decoder: Decoder;
  readonly target: Target;
  /** The class of each picture; null where there are none. */
  readonly classOf: ArrayLike<number> | null;
  readonly cacheBytes: number;
  readonly skipBroken: boolean;
  pathOf(picture: Picture): string;
  /** Told of a picture that turned out broken, once. */
  onBroken(picture: Picture, reason: string): void;
}

/** Decodes pictures when they are asked for, each once at a time, and keeps those that were asked for last. */
export class PictureReader {
  readonly #pictures: readonly Picture[];
  readonly #options: ReaderOptions;
  readonly #size: number;
  /** How many are kept. */
  readonly #most: number;
  /** Those that are, the one asked for longest ago first. */
  readonly #kept = new Map<number, Uint8Array>();
  readonly #limit = pLimit(AT_ONCE);
  /** Under way. */
  readonly #decoding = new Map<number, Promise<Uint8Array>>();
  readonly #reading = new Set<Promise<unknown>>();
  readonly #broken = new Set<number>();
  #closed = false;

  constructor(pictures: readonly Picture[], options: ReaderOptions) {
    this.#pictures = pictures;
    this.#options = options;
    this.#size = sizeOf(options.target.shape);
    this.#most = Math.floor(options.cacheBytes / this.#size);
  }

  /** @throws DataError for indices that there are not, and for a picture that is broken and has no other in its place; StateError once it is closed */
  async read(indices: ArrayLike<number>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#closed) throw new StateError({ path: "read", expected: "an open folder", got: "a closed one" });
    const wanted = Array.from(indices);
    for (const [i, index] of wanted.entries()) {
      if (Number.isInteger(index) && index >= 0 && index < this.#pictures.length) continue;
      throw new DataError({ path: `indices[${i}]`, expected: `an integer in 0..${this.#pictures.length - 1}`, got: show(index) });
    }
    const work = this.#gather(wanted);
    this.#reading.add(work);
    try {
      return await work;
    } finally {
      this.#reading.delete(work);
    }
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#reading);
    this.#kept.clear();
  }

  async #gather(indices: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
    const result = allocateBytes(indices.length * this.#size, "indices");
    const places = new Map<number, number[]>();
    for (const [place, index] of indices.entries()) places.set(index, [...(places.get(index) ?? []), place]);
    const settled = await Promise.allSettled(
      Array.from(places, async ([index, at]) => {
        const bytes = await this.#standIn(index);
        for (const place of at) result.set(bytes, place * this.#size);
      }),
    );
    // The first of those asked for, whichever failed first.
    const failed = settled.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    return result;
  }

  /** A picture, or where it is broken the next one of its class that is not. */
  async #standIn(index: number): Promise<Uint8Array> {
    const { classOf, skipBroken, pathOf } = this.#options;
    const count = this.#pictures.length;
    for (let step = 0; step < count; step++) {
      const other = (index + step) % count;
      if (this.#broken.has(other) || (classOf && classOf[other] !== classOf[index])) continue;
      try {
        return await this.#decoded(other);
      } catch (error) {
        const picture = this.#pictures[other]!;
        if (isShortage(error)) throw dataError(pathOf(picture), "room to read it", reasonOf(error), error);
        const reason = faultOf(error, `${picture.kind} file`);
        if (!skipBroken) throw dataError(pathOf(picture), "a picture (skipBroken: true puts another one in its place)", reason, error);
        if (!this.#broken.has(other)) this.#options.onBroken(picture, reason);
        this.#broken.add(other);
      }
    }
    throw dataError(pathOf(this.#pictures[index]!), classOf ? "a picture of its class that is not broken" : "a picture that is not broken", "none");
  }

  #decoded(index: number): Promise<Uint8Array> {
    const kept = this.#kept.get(index);
    if (kept) return Promise.resolve(this.#keep(index, kept));
    const underWay = this.#decoding.get(index);
    if (underWay) return underWay;
    const { file, kind } = this.#pictures[index]!;
    const work = this.#limit(async () => {
      return this.#keep(index, await this.#options.decoder.decode(kind, await file.read(), this.#options.target));
    }).finally(() => this.#decoding.delete(index));
    this.#decoding.set(index, work);
    return work;
  }

  /** Keeps a picture as the one asked for last, in place of the one asked for longest ago where there is no more room. */
  #keep(index: number, bytes: Uint8Array): Uint8Array {
    this.#kept.delete(index);
    this.#kept.set(index, bytes);
    if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value!);
    return bytes;
  }
}
