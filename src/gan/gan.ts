/// <reference lib="esnext.disposable" preserve="true" />

import { DataError, StateError, show } from "../core/errors.ts";
import { Lock } from "../core/lock.ts";
import { showShape } from "../core/shape.ts";
import { openSource, type TrainingData } from "../data/batches.ts";
import { type DataFormat, type Examples, fitDataset, type Values } from "../data/dataset.ts";
import type { Backend, Executor, MemoryReport } from "../exec/executor.ts";
import { Images } from "../formats/image.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { conditionRows } from "./condition.ts";
import { Host, type HostOptions } from "./host.ts";
import { drawLatents, sphericalInterpolation } from "./latents.ts";
import {
  checkLatentOptions,
  checkPrepareOptions,
  checkSampleOptions,
  checkTrainOptions,
  GPU_REPORT_EVERY,
  type LatentOptions,
  type PrepareOptions,
  type SampleOptions,
  type TrainOptions,
} from "./options.ts";
import type { TrainReport } from "./reports.ts";
import type { GANSpec } from "./spec.ts";
import { Trainer } from "./trainer.ts";

/**
 * A generator and a discriminator, trained against each other. Made by `createGAN` or `loadGAN`.
 *
 * Methods may be called while others are under way: they take turns, between the steps that training begins.
 */
export class GAN implements Disposable {
  readonly #host: Host;
  readonly #lock = new Lock();
  #training = false;
  #disposed = false;

  private constructor(host: Host) {
    this.#host = host;
  }

  /**
   * A GAN that computes with `executor`, which it disposes of in the end; with first weights, or as a checkpoint left it.
   *
   * @throws BackendError when training it needs more memory than `maxMemory`, or than the executor can have
   */
  static async open(executor: Executor, options: HostOptions): Promise<GAN> {
    return new GAN(await Host.open(executor, options));
  }

  /** What the GAN is, every default filled in. */
  get spec(): GANSpec {
    return this.#host.spec;
  }

  /** Where it computes, and why there. With `backend: "auto"` this changes when a GPU fails and WebAssembly takes over. */
  get backend(): Backend {
    return this.#host.backend;
  }

  /**
   * Bytes it holds where it computes, by purpose. What is only sampled from holds its generator; training, once `train` or `prepare` was called, holds everything
   * that it will ever need.
   */
  get memory(): MemoryReport {
    this.#checkAlive();
    return this.#host.memory;
  }

  /** Steps of training behind it: updates of the generator. */
  get step(): number {
    return this.#host.progress.generatorUpdates;
  }

  /**
   * Trains for `steps` steps. Called again it goes on where it stopped.
   *
   * With `backend: "auto"`, a GPU that fails (its device may be lost at any time) is not the end: training goes on in WebAssembly, from a copy of the state
   * that is made at least every ten seconds and when a call ends. The steps since then are done, and reported, again; with examples in memory they see the
   * same batches.
   *
   * @param data images [N, H, W, C] in [-1, 1] (or bytes, or vectors [N, d]) with labels for a conditional GAN, or an iterable of batches of them
   * @throws SpecError for options that cannot be, DataError for data that cannot, StateError while training is under way, all before anything is changed
   * @throws BackendError when the backend fails that was asked for by name
   * @throws TrainingError when a loss or a gradient is no longer finite; the GAN stays as the last good update left it
   *
   * @example
   * await gan.train({ data: pixels, shape: [1000, 28, 28, 1] }, { steps: 100, onStep: ({ step, generatorLoss }) => console.log(step, generatorLoss) });
   */
  async train(data: TrainingData, options: TrainOptions): Promise<TrainReport> {
    this.#checkAlive();
    const { batchSize = this.spec.batchSize, reportEvery, ...rest } = checkTrainOptions(options);
    if (this.#training) throw new StateError({ path: "train", expected: "a GAN that is not training", got: "one that is" });
    this.#training = true;
    try {
      const source = openSource(data, this.#format, this.spec.seed);
      try {
        const every = reportEvery ?? (this.backend.name === "webgpu" ? GPU_REPORT_EVERY : 1);
        return await new Trainer(this.#host, (work) => this.#exclusive(work), source, { ...rest, batchSize, reportEvery: every }).run();
      } finally {
        await source.close();
      }
    } finally {
      this.#training = false;
    }
  }

  /**
   * Sets up training, as the first `train` does: from then on `memory` tells what training takes, and the first step is as quick as the others.
   *
   * @throws SpecError for options that cannot be
   * @throws BackendError when training needs more memory than there is
   *
   * @example
   * await gan.prepare();
   * console.log(gan.memory.total);
   */
  async prepare(options: PrepareOptions = {}): Promise<void> {
    this.#checkAlive();
    const { batchSize = this.spec.batchSize } = checkPrepareOptions(options);
    await this.#exclusive(async () => (await this.#host.training()).prepare(batchSize));
  }

  /**
   * Makes images: [count, H, W, C] with values in [-1, 1], or vectors [count, d]. The same options give the same images.
   *
   * @throws SpecError for options that cannot be
   * @throws DataError for latents or conditions that cannot
   *
   * @example
   * const png = await (await gan.sample({ count: 16, seed: 7 })).toPNG();
   */
  async sample(options: SampleOptions = {}): Promise<Images> {
    this.#checkAlive();
    const { seed = 0, truncation, latents, ema = true, condition, ...given } = checkSampleOptions(options);
    const count = given.count ?? (latents ? latents.length / this.spec.latent : 1);
    if (latents) this.#checkLatents(latents, count);
    const z = latents ?? drawLatents(this.spec.latent, count, seed, truncation);
    const labels = conditionRows(this.spec.condition, condition, count, seed);
    const data = await this.#exclusive(async () => (await this.#host.sampler(ema)).generate(z, labels, count));
    return new Images([count, ...this.spec.shape], data);
  }

  /**
   * The discriminator's score of each image, before any sigmoid: high is what looks real to it. Shape [N].
   *
   * @param images a batch from `sample`, or examples as `train` takes them (with labels for a conditional GAN)
   * @throws DataError when they do not fit the GAN
   */
  async discriminate(images: Images | Values | Examples): Promise<Float32Array> {
    this.#checkAlive();
    const dataset = fitDataset(images, this.#format);
    const { count, data, labels } = dataset.take(Array.from({ length: dataset.count }, (_, i) => i));
    return this.#exclusive(async () => (await this.#host.judge()).score(data, this.spec.condition ? labels : null, count));
  }

  /** The z that `sample` draws for these options: [count, latent]. @throws SpecError */
  latents(options: LatentOptions = {}): Float32Array {
    this.#checkAlive();
    const { count = 1, seed = 0, truncation } = checkLatentOptions(options);
    return drawLatents(this.spec.latent, count, seed, truncation);
  }

  /**
   * `steps` latents [steps, latent] from `a` to `b`, both included, at even angles.
   *
   * @throws DataError unless `a` and `b` are one latent each, finite, not zero and not opposite, and `steps` is at least 2
   */
  interpolate(a: Float32Array, b: Float32Array, steps: number): Float32Array {
    this.#checkAlive();
    for (const [path, z] of [["a", a] as const, ["b", b] as const]) {
      if (!(z instanceof Float32Array && z.length === this.spec.latent)) {
        throw new DataError({ path, expected: `a Float32Array of ${this.spec.latent} values`, got: show(z) });
      }
    }
    return sphericalInterpolation(a, b, steps);
  }

  /** Everything there is to know of the GAN as a safetensors file: loaded, it goes on as if nothing had happened. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    this.#checkAlive();
    return this.#exclusive(async () => encodeCheckpoint(await this.#host.checkpoint()));
  }

  /** Gives back all memory, as soon as nothing is under way. The GAN cannot be used afterwards; disposing of it again does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#lock.whenFree(() => this.#host.dispose());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #format(): DataFormat {
    return { shape: this.spec.shape, condition: this.spec.condition ?? undefined };
  }

  /** Does `work` when all that was asked before is done. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock.run(() => {
      this.#checkAlive();
      return this.#host.run(work);
    });
  }

  #checkAlive(): void {
    if (this.#disposed) throw new StateError({ path: "gan", expected: "a GAN in use", got: "one that is disposed" });
  }

  #checkLatents(latents: Float32Array, count: number): void {
    const { latent } = this.spec;
    if (!Number.isInteger(count) || latents.length !== count * latent || count === 0) {
      const expected = Number.isInteger(count) ? `${count * latent} values for ${showShape([count, latent])}` : `a multiple of ${latent} values`;
      throw new DataError({ path: "latents", expected, got: `${latents.length}` });
    }
    const fault = latents.findIndex((x) => !Number.isFinite(x));
    if (fault >= 0) throw new DataError({ path: `latents[${fault}]`, expected: "a finite number", got: `${latents[fault]}` });
  }
}
