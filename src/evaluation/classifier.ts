/** A classifier at work. */
import { DataError, StateError } from "../core/errors.ts";
import { allocateFloats } from "../core/memory.ts";
import type { Bytes } from "../core/platform.ts";
import { sizeOf } from "../core/shape.ts";
import type { Backend, Executor, MemoryReport, Program, Session } from "../exec/executor.ts";
import type { Tensor } from "../formats/safetensors.ts";
import { Progress } from "../metrics/course.ts";
import type { Course, Features } from "../metrics/features.ts";
import { encodeClassifier } from "./classifierFile.ts";
import { type ClassifierSpec, type ClassifierState, classifierTensors, classifyGraph, widest } from "./classifierSpec.ts";
import { type ImageBatch, readImages } from "./rows.ts";

/** Most examples of one run, and most numbers of one tensor in it. */
const MOST_EXAMPLES = 128;
const MOST_NUMBERS = 2 ** 24;

/**
 * Says of images which class they are of, and by what it tells: the numbers of its last hidden layer, in which images that look alike to it are close. Made by {@link trainClassifier} or
 * {@link loadClassifier}.
 */
export class Classifier {
  /** What it is: the shape of an example, the number of classes and of features, the layers. */
  readonly spec: ClassifierSpec;
  /** The share of the held-out examples that it was right about when it was trained, 0 to 1. */
  readonly accuracy: number;
  readonly #executor: Executor;
  readonly #session: Session;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #programs = new Map<number, Promise<Program>>();
  /** Examples of one run: a power of two. */
  readonly #most: number;
  #disposed = false;

  private constructor(executor: Executor, session: Session, { spec, accuracy, tensors }: ClassifierState) {
    this.spec = spec;
    this.accuracy = accuracy;
    this.#executor = executor;
    this.#session = session;
    this.#tensors = tensors;
    this.#most = Math.max(1, Math.min(MOST_EXAMPLES, 2 ** Math.floor(Math.log2(MOST_NUMBERS / widest(spec)))));
  }

  /**
   * Sets it up on an executor, which is its own from then on unless it throws.
   *
   * @throws BackendError when there is no memory for it
   * @internal
   */
  static async open(executor: Executor, state: ClassifierState): Promise<Classifier> {
    const session = await executor.open(classifierTensors(state.spec));
    try {
      for (const [name, { data }] of state.tensors) await session.write(name, data);
      return new Classifier(executor, session, state);
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  /** Where and how it computes. */
  get backend(): Backend {
    return this.#executor.backend;
  }

  /**
   * Bytes that it holds where it computes.
   *
   * @throws {@link StateError} when it is disposed of
   */
  get memory(): MemoryReport {
    this.#checkAlive();
    return this.#session.memory;
  }

  /**
   * What it says of each class for each image, before any softmax: `[N, classes]`.
   *
   * @param images of the shape it was trained on, in [-1, 1] or bytes; numbers beyond are taken
   * @param course what may end the call early, and who is told how much is done
   * @throws {@link DataError} for a number that is not finite, or so large that a result is not
   * @throws {@link ShapeError} for images of another shape
   * @throws {@link StateError} when it is disposed of
   * @throws the signal's reason, once it is aborted
   *
   * @example
   * const logits = await classifier.logits({ data: pixels.subarray(0, 5 * 784), shape: [5, 28, 28, 1] });
   * logits.shape.join(); // "5,10"
   */
  async logits(images: ImageBatch, course: Course = {}): Promise<Features> {
    return this.#run("logits", this.spec.classes, images, course);
  }

  /**
   * The class of each image, `[N]` integers from 0.
   *
   * @param images of the shape it was trained on, in [-1, 1] or bytes; numbers beyond are taken
   * @param course what may end the call early, and who is told how much is done
   * @throws {@link DataError} for a number that is not finite, or so large that a result is not
   * @throws {@link ShapeError} for images of another shape
   * @throws {@link StateError} when it is disposed of
   * @throws the signal's reason, once it is aborted
   *
   * @example
   * const labels = await classifier.classify({ data: pixels.subarray(0, 5 * 784), shape: [5, 28, 28, 1] });
   * Array.of(labels.length); // [5]
   */
  async classify(images: ImageBatch, course: Course = {}): Promise<Int32Array> {
    const { data } = await this.logits(images, course);
    return largest(data, this.spec.classes);
  }

  /**
   * What it tells images apart by, `[N, features]`: the numbers of its last hidden layer, none below 0. Metrics compare sets of images by them.
   *
   * @param images of the shape it was trained on, in [-1, 1] or bytes; numbers beyond are taken
   * @param course what may end the call early, and who is told how much is done
   * @throws {@link DataError} for a number that is not finite, or so large that a result is not
   * @throws {@link ShapeError} for images of another shape
   * @throws {@link StateError} when it is disposed of
   * @throws the signal's reason, once it is aborted
   *
   * @example
   * const features = await classifier.features({ data: pixels.subarray(0, 5 * 784), shape: [5, 28, 28, 1] });
   * features.shape.join(); // "5,64"
   */
  async features(images: ImageBatch, course: Course = {}): Promise<Features> {
    return this.#run("features", this.spec.features, images, course);
  }

  /**
   * It as a file, in the safetensors format, for {@link loadClassifier}. Works even when it is disposed of.
   *
   * @example
   * await writeFile("classifier.safetensors", await classifier.save());
   */
  async save(): Promise<Bytes> {
    return encodeClassifier({ spec: this.spec, accuracy: this.accuracy, tensors: this.#tensors });
  }

  /** Gives its memory and its threads back. A call under way ends with a {@link StateError}, or by itself. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#session.dispose();
    this.#executor.dispose();
  }

  async #run(fetch: "features" | "logits", width: number, images: ImageBatch, course: Course): Promise<Features> {
    this.#checkAlive();
    const rows = readImages(images, "images", this.spec.shape);
    const result = allocateFloats(rows.count * width, "images");
    const progress = new Progress(course);
    for (let first = 0; first < rows.count; ) {
      this.#checkAlive();
      const size = runSize(rows.count - first, this.#most);
      const end = Math.min(rows.count, first + size);
      const feed = new Float32Array(size * sizeOf(rows.shape));
      feed.set(rows.take(first, end));
      const fetches = await (await this.#program(size)).run({ images: feed });
      const made = fetches[fetch]!.subarray(0, (end - first) * width);
      const fault = made.findIndex((x) => !Number.isFinite(x));
      if (fault >= 0) {
        const path = `images[${first + Math.floor(fault / width)}]`;
        throw new DataError({ path, expected: "numbers small enough for a finite result", got: `${made[fault]}` });
      }
      result.set(made, first * width);
      first = end;
      await progress.at(first / rows.count);
    }
    return { data: result, shape: [rows.count, width] };
  }

  #program(size: number): Promise<Program> {
    const known = this.#programs.get(size);
    if (known) return known;
    const program = this.#session.compile(classifyGraph(this.spec, size), { reproducible: true });
    this.#programs.set(size, program);
    program.catch(() => this.#programs.delete(size)); // another time there may be memory
    return program;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new StateError({ path: "classifier", expected: "a classifier in use", got: "one that is disposed of" });
  }
}

/** The smallest power of two that holds `rows`, or `most`. */
function runSize(rows: number, most: number): number {
  let size = 1;
  while (size < rows && size < most) size *= 2;
  return size;
}

/** Where each row is largest: at the first such place. */
export function largest(data: ArrayLike<number>, width: number): Int32Array {
  return Int32Array.from({ length: data.length / width }, (_, i) => {
    let best = 0;
    for (let k = 1; k < width; k++) if (data[i * width + k]! > data[i * width + best]!) best = k;
    return best;
  });
}
