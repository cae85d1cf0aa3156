/** A generator from a file, at work by itself. */
import { StateError } from "../core/errors.ts";
import type { AbortSignalLike } from "../core/platform.ts";
import { Breath, type Pause } from "../core/time.ts";
import type { Executor, MemoryReport } from "../exec/executor.ts";
import type { Images } from "../formats/image.ts";
import { type GeneratorSpec, generatorTensors } from "../nn/generator.ts";
import { sampleGraph } from "../nn/sampling.ts";
import { checkDrawOptions, checkLatentOptions, DRAW, type DrawOptions, type LatentOptions } from "./drawOptions.ts";
import type { GeneratorFile } from "./generatorFile.ts";
import { drawLatents } from "./latents.ts";
import { Programs } from "./programs.ts";
import { answer, readRequest } from "./request.ts";
import { Sampler } from "./sampler.ts";

/** Images of one run, at most: more would take more memory, and hardly less time each. */
const MOST = 16;

/**
 * A generator that makes images, and nothing else. Made by {@link createSampler}.
 *
 * Any number of calls may be under way; none waits for another to end.
 */
export class ImageSampler implements Disposable {
  /** What it is: the shape of its images, the size of its latents, its condition and its layers. Plain JSON that cannot be changed. */
  readonly spec: GeneratorSpec;
  readonly #sampler: Sampler;
  readonly #classesSeen: readonly number[];
  readonly #breath = new Breath();
  #disposed = false;

  private constructor({ spec, classesSeen }: GeneratorFile, sampler: Sampler) {
    this.spec = spec;
    this.#sampler = sampler;
    this.#classesSeen = classesSeen;
  }

  /**
   * A sampler with the tensors of a file, which is not needed any more then.
   *
   * @internal
   * @throws {@link BackendError} when it needs more memory than `maxMemory`, before any is allocated
   */
  static async open(executor: Executor, file: GeneratorFile, maxMemory: number | undefined): Promise<ImageSampler> {
    const tensors = generatorTensors(file.spec);
    const session = await executor.open(tensors, { maxMemory, reproducible: true }).catch(async (error) => {
      // Where there is no memory for the tensors, what an image takes besides is told with them.
      await executor.measure(tensors, [sampleGraph(file.spec, 1)], { maxMemory });
      throw error;
    });
    try {
      const sampler = new Sampler(new Programs(session, { reproducible: true }), file.spec, MOST);
      await sampler.prepare();
      // Where they are needed, as memory that is new to a process takes longer than what is written there.
      for (const { name } of tensors) await session.write(name, (into) => file.tensors.get(name)!.read(into));
      return new ImageSampler(file, sampler);
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  /** Bytes it holds, by purpose; more once it has made several images at once. */
  get memory(): MemoryReport {
    this.#checkAlive();
    return this.#sampler.memory;
  }

  /**
   * Makes images `[count, H, W, C]`, or vectors `[count, d]`: those that `gan.sample` makes for the same options. They are the same on every runtime.
   *
   * @param options how many, and what they follow from. Default: one image, of seed 0
   * @throws {@link SpecError} for options that cannot be
   * @throws {@link DataError} for latents or conditions that cannot
   * @throws {@link StateError} when the sampler is disposed of
   * @throws the signal's reason, once it is aborted
   *
   * @example
   * const faces = await sampler.sample({ count: 4, seed: 7 });
   * const png = await faces.toPNG({ columns: 2 });
   */
  async sample(options: DrawOptions = {}): Promise<Images> {
    this.#checkAlive();
    const { signal, ...asked } = checkDrawOptions(DRAW, options);
    const request = readRequest(this.spec, asked);
    const pause = this.#pause(signal);
    if (signal?.aborted) throw signal.reason;
    return answer(request, { spec: this.spec, sampler: this.#sampler, classesSeen: this.#classesSeen }, pause);
  }

  /**
   * The latents z, `[count, latent]`, that `sample` draws for these options: from N(0, I), or from what truncation leaves of it.
   *
   * @param options how many, and what they follow from. Default: one latent, of seed 0
   * @throws {@link SpecError} for options that cannot be
   * @throws {@link StateError} when the sampler is disposed of
   */
  latents(options: LatentOptions = {}): Float32Array {
    this.#checkAlive();
    const { count = 1, seed = 0, truncation } = checkLatentOptions(options);
    return drawLatents(this.spec.latent, count, seed, truncation);
  }

  /** Gives its memory back. It cannot be used afterwards; disposing of it again does nothing. */
  dispose(): void {
    if (!this.#disposed) this.#sampler.dispose();
    this.#disposed = true;
  }

  /** Does what `dispose` does, at the end of a block that has the sampler by `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #pause(signal: AbortSignalLike | undefined): Pause {
    return async () => {
      await this.#breath.take();
      this.#checkAlive();
      if (signal?.aborted) throw signal.reason;
    };
  }

  #checkAlive(): void {
    if (this.#disposed) throw new StateError({ path: "sampler", expected: "a sampler in use", got: "one that is disposed" });
  }
}
