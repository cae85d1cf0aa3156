import { isFloat32Array } from "../core/arrays.ts";
import { DataError, StateError, show } from "../core/errors.ts";
import { Lock } from "../core/lock.ts";
import type { AbortSignalLike, Bytes } from "../core/platform.ts";
import { sameShape, showShape, sizeOf } from "../core/shape.ts";
import { Breath, type Pause, withinGrace } from "../core/time.ts";
import { openSource, type TrainingData } from "../data/batches.ts";
import { type Batch, type DataFormat, type Examples, fitExamples, takeAll } from "../data/dataset.ts";
import { mirrored } from "../data/mirror.ts";
import type { Values } from "../data/values.ts";
import type { Backend, Executor, MemoryReport } from "../exec/executor.ts";
import { Images } from "../formats/image.ts";
import { isTold } from "../nn/discriminator.ts";
import { leastBatch } from "../nn/spec.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { conditionRows } from "./condition.ts";
import { checkLatentOptions, type LatentOptions } from "./drawOptions.ts";
import { encodeGenerator, sampledVariables } from "./generatorWriter.ts";
import { Monitor } from "./health/monitor.ts";
import { probeEvery } from "./health/watch.ts";
import { Host, type HostOptions } from "./host.ts";
import { drawLatents, sphericalInterpolation } from "./latents.ts";
import {
  checkDiscriminateOptions,
  checkPrepareOptions,
  checkSampleOptions,
  checkSaveOptions,
  checkTrainOptions,
  type DiscriminateOptions,
  GPU_REPORT_EVERY,
  type PrepareOptions,
  type SampleOptions,
  type SaveOptions,
  type TrainOptions,
} from "./options.ts";
import type { TrainReport } from "./reports.ts";
import { answer, readRequest } from "./request.ts";
import { checkBatch, type GANSpec } from "./spec.ts";
import { Trainer } from "./trainer.ts";

/** Images as they are, finite but of any range, as a generator's last layer need not bound them. @throws DataError when they do not fit */
function ownImages({ shape: [count, ...shape], data }: Images, format: DataFormat): Batch {
  if (!sameShape(shape, format.shape)) {
    throw new DataError({ path: "shape", expected: showShape([count!, ...format.shape]), got: showShape([count!, ...shape]) });
  }
  // As vectors, of which no range is asked.
  const vectors = { ...format, shape: [sizeOf(shape)] };
  return takeAll(fitExamples({ data, shape: [count!, sizeOf(shape)] }, vectors), vectors);
}

const disposed = (): StateError => new StateError({ path: "gan", expected: "a GAN in use", got: "one that is disposed" });

/**
 * A generator and a discriminator, trained against each other (Goodfellow et al. 2014). Made by {@link createGAN} or {@link loadGAN}.
 *
 * Methods may be called while others are under way: they take turns, between the steps that training begins.
 */
export class GAN implements Disposable {
  readonly #host: Host;
  readonly #lock = new Lock();
  readonly #breath = new Breath();
  /** Aborted by `dispose`. */
  readonly #end = new AbortController();
  /** Remembers from one call of `train` to the next. */
  readonly #monitor: Monitor;
  #training = false;
  #disposed = false;

  private constructor(host: Host) {
    this.#host = host;
    this.#monitor = new Monitor(host.spec);
  }

  /**
   * A GAN that computes with `executor`, which it disposes of in the end; with first weights, or as a checkpoint left it.
   *
   * @internal
   * @throws {@link BackendError} when training it needs more memory than `maxMemory`, or than the executor can have
   */
  static async open(executor: Executor, options: HostOptions): Promise<GAN> {
    return new GAN(await Host.open(executor, options));
  }

  /** The description of the GAN in full, every default filled in. */
  get spec(): GANSpec {
    return this.#host.spec;
  }

  /** Where it computes, and why there. With `backend: "auto"` this changes when a GPU fails and WebAssembly takes over. */
  get backend(): Backend {
    return this.#host.backend;
  }

  /**
   * Bytes it holds where it computes, by purpose. What is only sampled from holds its generator. Training, once `train` or `prepare` was called, holds everything;
   * what samples and judges in between is added when it is first asked for, within `maxMemory`.
   *
   * @throws {@link StateError} when the GAN is disposed of
   */
  get memory(): MemoryReport {
    this.#checkAlive();
    return this.#host.memory;
  }

  /** Number of steps of training done since the GAN was created: updates of the generator. */
  get step(): number {
    return this.#host.progress.generatorUpdates;
  }

  /**
   * Trains for `steps` steps, or as long as `milliseconds` allow, whichever is over first. Called again it goes on where it stopped.
   *
   * With `backend: "auto"`, a GPU that fails (its device may be lost at any time) is not the end: training goes on in WebAssembly, from a copy of the state
   * that is made at least every ten seconds and when a call ends. The steps since then are done, and reported, again; with examples that can be had by their indices they see the
   * same batches. Threads of WebAssembly that end in the middle of an update are begun anew, whatever the backend was asked for by: from a copy that is made every ten seconds, so that
   * steps of an earlier call may be among those done again.
   *
   * @param data images `[N, H, W, C]` in [-1, 1] (or bytes, or vectors `[N, d]`) with labels for a conditional GAN, in memory or read by their indices, or an iterable of batches of them
   * @param options how long, and what to tell of it; `steps` or `milliseconds` must be given
   * @returns what was done, and the losses of every step
   * @throws {@link SpecError} for options that cannot be, before anything is changed
   * @throws {@link DataError} for data that cannot be used; the steps before a faulty batch of an iterable stay done
   * @throws {@link StateError} while another call of it is under way, and when the GAN is disposed of
   * @throws {@link BackendError} when a GPU fails that was asked for by name, when threads fail time and again, or when training needs more memory than there is
   * @throws {@link TrainingError} when a loss or a gradient is no longer finite; the GAN stays as the last good update left it
   * @throws {@link CheckpointError} when it needs what it was loaded from, and those bytes were changed since
   * @throws what `onStep` and `checkpoint.write` throw, and what reads the data
   *
   * @example
   * const { stopped, seconds } = await gan.train(
   *   { data: pixels, shape: [1000, 28, 28, 1] },
   *   { steps: 20, onStep: ({ step, generatorLoss }) => console.log(step, generatorLoss) },
   * );
   * stopped; // "steps"
   */
  async train(data: TrainingData, options: TrainOptions): Promise<TrainReport> {
    this.#checkAlive();
    const {
      batchSize = this.spec.batchSize,
      reportEvery,
      validation,
      mirror,
      onUnhealthy = "report",
      ...rest
    } = checkTrainOptions(options, this.spec.shape);
    checkBatch(this.spec, batchSize);
    if (this.#training) throw new StateError({ path: "train", expected: "a GAN that is not training", got: "one that is" });
    this.#training = true;
    try {
      const every = reportEvery ?? (this.backend.name === "webgpu" ? GPU_REPORT_EVERY : 1);
      const ahead = Math.max(every, this.spec.objective.discriminatorSteps);
      const given = openSource(data, this.#format, this.spec.seed, { least: leastBatch(this.spec).size, validation, ahead });
      const source = mirror ? mirrored(given, this.#format, this.spec.seed) : given;
      const closing = () => withinGrace(source.close());
      let report: TrainReport;
      try {
        report = await new Trainer(this.#host, (work) => this.#exclusive(work), source, {
          ...rest,
          onUnhealthy,
          monitor: this.#monitor,
          probeEvery: probeEvery({ batchSize }, this.backend.name),
          batchSize,
          reportEvery: every,
          end: this.#end.signal,
        }).run();
      } catch (error) {
        await closing().catch(() => {}); // what went wrong first is what the caller is to know
        throw error;
      }
      await closing();
      return report;
    } finally {
      this.#training = false;
    }
  }

  /**
   * Sets up training, as the first `train` does: from then on `memory` tells what training takes, and the first step is as quick as the others.
   *
   * @param options how large the batches will be
   * @throws {@link SpecError} for options that cannot be
   * @throws {@link BackendError} when training needs more memory than there is
   * @throws {@link StateError} when the GAN is disposed of
   * @throws {@link CheckpointError} when it needs what it was loaded from, and those bytes were changed since
   *
   * @example
   * await gan.prepare();
   * console.log(gan.memory.total);
   */
  async prepare(options: PrepareOptions = {}): Promise<void> {
    this.#checkAlive();
    const { batchSize = this.spec.batchSize } = checkPrepareOptions(options);
    checkBatch(this.spec, batchSize);
    await this.#exclusive(async () => (await this.#host.training()).prepare(batchSize));
  }

  /**
   * Makes images `[count, H, W, C]`, or vectors `[count, d]`. The same options give the same images. Their values are in [-1, 1] where the generator ends in tanh, as those
   * of the named architectures but "r3gan" do for images; what ends in anything else may leave it.
   *
   * @param options how many, and what they follow from. Default: one image, of seed 0
   * @throws {@link SpecError} for options that cannot be
   * @throws {@link DataError} for latents or conditions that cannot
   * @throws {@link BackendError} when a GPU fails that was asked for by name, when threads that fail cannot be begun anew, or when it needs more memory than there is
   * @throws {@link StateError} when the GAN is disposed of
   * @throws {@link CheckpointError} when it needs what it was loaded from, and those bytes were changed since
   * @throws the signal's reason, once it is aborted
   *
   * @example
   * const faces = await gan.sample({ count: 16, seed: 7, truncation: 2 });
   * faces.shape; // [16, 28, 28, 1]
   */
  async sample(options: SampleOptions = {}): Promise<Images> {
    this.#checkAlive();
    const { ema = true, signal, ...asked } = checkSampleOptions(options);
    const request = readRequest(this.spec, asked);
    const pause = this.#pause(signal);
    return this.#exclusive(async () => {
      const source = { spec: this.spec, sampler: await this.#host.sampler(ema), classesSeen: this.#host.progress.classesSeen };
      return answer(request, source, pause);
    }, signal);
  }

  /**
   * The discriminator's score of each image, `[N]`, before any sigmoid: high is what looks real to it. One with an auxiliary classifier is not told what images are made for, and needs no labels.
   *
   * @param images a batch from `sample`, of whatever range, or examples as `train` takes them (with labels for a conditional GAN)
   * @param options what they are judged as, and what may end it early
   * @throws {@link DataError} when they do not fit the GAN
   * @throws {@link BackendError} when a GPU fails that was asked for by name, when threads that fail cannot be begun anew, or when it needs more memory than there is
   * @throws {@link StateError} when the GAN is disposed of
   * @throws {@link CheckpointError} when it needs what it was loaded from, and those bytes were changed since
   * @throws {@link SpecError} for options that cannot be
   * @throws the signal's reason, once it is aborted
   *
   * @example
   * const scores = await gan.discriminate(await gan.sample({ count: 16 }));
   * scores.length; // 16
   */
  async discriminate(images: Images | Values | Examples, options: DiscriminateOptions = {}): Promise<Float32Array> {
    this.#checkAlive();
    const { signal, condition } = checkDiscriminateOptions(options);
    const told = isTold(this.spec.condition);
    const format = condition === undefined && told ? this.#format : { shape: this.spec.shape };
    const { count, data, labels } = images instanceof Images ? ownImages(images, format) : takeAll(fitExamples(images, format), format);
    const judgedAs = condition === undefined ? labels : (conditionRows(this.spec.condition, condition, count) ?? null);
    const judged = async () => (await this.#host.judge()).score(data, told ? judgedAs : null, count, this.#pause(signal));
    return this.#exclusive(judged, signal);
  }

  /**
   * The latents z, `[count, latent]`, that `sample` draws for these options: from N(0, I), or from what truncation leaves of it. (Classes that nobody asks for follow from the seed too.)
   *
   * @param options how many, and what they follow from. Default: one latent, of seed 0
   * @throws {@link SpecError} for options that cannot be
   * @throws {@link StateError} when the GAN is disposed of
   *
   * @example
   * const z = gan.latents({ count: 4, seed: 7 });
   * const same = await gan.sample({ latents: z }); // as gan.sample({ count: 4, seed: 7 })
   */
  latents(options: LatentOptions = {}): Float32Array {
    this.#checkAlive();
    const { count = 1, seed = 0, truncation } = checkLatentOptions(options);
    return drawLatents(this.spec.latent, count, seed, truncation);
  }

  /**
   * A path of latents `[steps, latent]` from `a` to `b`, both included (slerp: White 2016, "Sampling generative networks"). Its angles are even where both are equally long, as latents of many numbers nearly are.
   *
   * @param a the first latent, `[latent]`
   * @param b the last latent, `[latent]`
   * @param steps how many latents, at least 2, of 2^29 numbers at most together
   * @throws {@link DataError} unless `a` and `b` are one latent each, finite, not zero and not opposite, and `steps` is in that range
   * @throws {@link StateError} when the GAN is disposed of
   *
   * @example
   * const path = gan.interpolate(gan.latents({ seed: 1 }), gan.latents({ seed: 2 }), 8);
   * const film = await gan.sample({ latents: path });
   * film.length; // 8
   */
  interpolate(a: Float32Array, b: Float32Array, steps: number): Float32Array {
    this.#checkAlive();
    for (const [path, z] of [["a", a] as const, ["b", b] as const]) {
      if (!(isFloat32Array(z) && z.length === this.spec.latent)) {
        throw new DataError({ path, expected: `a Float32Array of ${this.spec.latent} values`, got: show(z) });
      }
    }
    return sphericalInterpolation(a, b, steps);
  }

  /**
   * Everything there is to know of the GAN as the bytes of a safetensors file: loaded by {@link loadGAN}, it goes on as if nothing had happened. Or, with `generatorOnly`, what `sample`
   * draws from by default and nothing else, for `ganvas/sample`: a fifth or sixth of that, and less with other `weights`.
   *
   * @param options what the file holds, and what may end it early. Default: everything
   * @throws {@link BackendError} when a GPU has failed that was asked for by name
   * @throws {@link StateError} when the GAN is disposed of
   * @throws {@link CheckpointError} when it needs what it was loaded from, and those bytes were changed since
   * @throws {@link SpecError} for options that cannot be
   * @throws the signal's reason, once it is aborted
   *
   * @example
   * await writeFile("model.safetensors", await gan.save());
   * await writeFile("generator.safetensors", await gan.save({ generatorOnly: true, weights: "float16" }));
   */
  async save(options: SaveOptions = {}): Promise<Bytes> {
    this.#checkAlive();
    const { generatorOnly, weights, signal } = checkSaveOptions(options);
    const pause = this.#pause(signal);
    const whole = async () => encodeCheckpoint(await this.#host.checkpoint(pause));
    const generator = async () => encodeGenerator(await this.#host.checkpoint(pause, sampledVariables(this.spec)), weights, pause);
    return this.#exclusive(generatorOnly ? generator : whole, signal);
  }

  /** Gives back all memory, as soon as nothing is under way. The GAN cannot be used afterwards; disposing of it again does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#end.abort(disposed());
    this.#lock.whenFree(() => this.#host.dispose());
  }

  /** Does what `dispose` does, at the end of a block that has the GAN by `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  get #format(): DataFormat {
    return { shape: this.spec.shape, condition: this.spec.condition ?? undefined };
  }

  /** Does `work` when all that was asked before is done. */
  #exclusive<T>(work: () => Promise<T>, signal?: AbortSignalLike): Promise<T> {
    return this.#lock.run(async () => {
      await this.#pause(signal)(); // many short calls are as long as a long one
      return this.#host.run(work);
    });
  }

  /** What is awaited between the parts of a call that has this signal. */
  #pause(signal: AbortSignalLike | undefined): Pause {
    return async () => {
      await this.#breath.take();
      this.#checkAlive();
      if (signal?.aborted) throw signal.reason; // older signals have no method for it
    };
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposed();
  }
}
