import { TrainingError } from "../core/errors.ts";
import { fillNormals, fillUniforms, Stream } from "../core/random.ts";
import { sizeOf } from "../core/shape.ts";
import type { Executor, Feeds, Fetches, MemoryReport, Program, Session, VariableSpec } from "../exec/executor.ts";
import type { Graph } from "../graph/graph.ts";
import type { Checkpoint, Progress } from "../io/checkpoint.ts";
import { initialValue } from "../nn/init.ts";
import { type NoiseSpec, variables } from "../nn/network.ts";
import { discriminateGraph, sampleGraph } from "../nn/sampling.ts";
import type { GANSpec } from "../nn/spec.ts";
import { criticStep, type StepGraph, stepScalars, trainStep } from "../nn/steps.ts";
import type { Batch } from "./data.ts";

/** What one step gives. The divergence is the objective's own estimate of how far the images are from the data. */
export interface StepLosses {
  readonly discriminatorLoss: number;
  readonly generatorLoss: number;
  readonly divergence: number;
}

/** A step that was done. */
export interface StepResult extends StepLosses {
  /** Its number since the GAN was created, the first being 1. */
  readonly step: number;
}

interface StepProgram {
  readonly program: Program;
  readonly noise: readonly NoiseSpec[];
}

/** At most this many noise inputs a step, so that each has items of its own in the stream. */
const NOISE_INPUTS = 1024;

/** The tensors of a GAN where they are computed, the programs that work on them, and how far training has come. Calls must not overlap. */
export class Model {
  readonly spec: GANSpec;
  readonly #session: Session;
  readonly #programs = new Map<string, Program>();
  readonly #steps = new Map<string, StepProgram>();
  #progress: Progress;

  private constructor(spec: GANSpec, session: Session, progress: Progress) {
    this.spec = spec;
    this.#session = session;
    this.#progress = progress;
  }

  /**
   * A model ready to be trained: with first weights, or as a checkpoint left it.
   *
   * @throws BackendError when training needs more memory than there is
   */
  static async open(
    executor: Executor,
    spec: GANSpec,
    { checkpoint, maxMemory }: { checkpoint?: Checkpoint | undefined; maxMemory?: number | undefined },
  ): Promise<Model> {
    const tensors = variables(spec);
    const session = await executor.open(tensors, { maxMemory });
    try {
      const model = new Model(spec, session, checkpoint?.progress ?? { generatorUpdates: 0, discriminatorUpdates: 0, imagesSeen: 0 });
      await model.prepare(spec.batchSize);
      for (const tensor of tensors) {
        await session.write(tensor.name, checkpoint ? checkpoint.tensors.get(tensor.name)!.data : initialValue(tensor, spec.seed));
      }
      return model;
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  get progress(): Progress {
    return this.#progress;
  }

  get memory(): MemoryReport {
    return this.#session.memory;
  }

  /** Compiles what training with batches of this size runs. @throws BackendError when it needs more memory than there is */
  async prepare(batchSize: number): Promise<void> {
    await this.#stepProgram("train", batchSize);
    if (this.spec.objective.discriminatorSteps > 1) await this.#stepProgram("critic", batchSize);
  }

  /**
   * One update of the generator, after one of the discriminator for each batch.
   *
   * @returns the losses of the last update of each, and the number of the step
   * @throws TrainingError when one of them is not finite; that update has then changed nothing
   */
  async step(batches: readonly Batch[]): Promise<StepResult> {
    for (const batch of batches.slice(0, -1)) await this.#update("critic", batch);
    const { discriminatorLoss, generatorLoss, divergence } = await this.#update("train", batches.at(-1)!);
    return {
      step: this.#progress.generatorUpdates,
      discriminatorLoss: discriminatorLoss![0]!,
      generatorLoss: generatorLoss![0]!,
      divergence: divergence![0]!,
    };
  }

  /** Images [count, ...shape] of latents [count, latent]; `average` chooses the generator's moving average, where there is one. */
  generate(latents: Float32Array, condition: Float32Array | null, count: number, average: boolean): Promise<Float32Array> {
    const ema = average && this.spec.ema !== false;
    const graph = (size: number) => sampleGraph(this.spec, size, { ema });
    return this.#inChunks(ema ? "average" : "generator", graph, "images", { latents, ...(condition && { condition }) }, count);
  }

  /** Scores [count] of images [count, ...shape]. */
  score(images: Float32Array, condition: Float32Array | null, count: number): Promise<Float32Array> {
    const graph = (size: number) => discriminateGraph(this.spec, size);
    return this.#inChunks("scores", graph, "scores", { images, ...(condition && { condition }) }, count);
  }

  async checkpoint(): Promise<Checkpoint> {
    const read = async ({ name, shape }: VariableSpec) => [name, { shape, data: await this.#session.read(name) }] as const;
    return { spec: this.spec, progress: this.#progress, tensors: new Map(await Promise.all(variables(this.spec).map(read))) };
  }

  dispose(): void {
    this.#session.dispose();
  }

  async #update(kind: "train" | "critic", batch: Batch): Promise<Fetches> {
    const { program, noise } = await this.#stepProgram(kind, batch.count);
    const { generatorUpdates, discriminatorUpdates, imagesSeen } = this.#progress;
    const done = { generator: generatorUpdates, discriminator: discriminatorUpdates };
    const feeds: Record<string, Float32Array | number> = {
      images: batch.data,
      ...(batch.labels && { condition: batch.labels }),
      ...drawNoise(noise, this.spec.seed, discriminatorUpdates),
      ...stepScalars(this.spec, done, kind === "train" ? ["discriminator", "generator"] : ["discriminator"]),
    };
    const fetches = await program.run(feeds);
    checkFinite(fetches, generatorUpdates + 1);
    this.#progress = {
      generatorUpdates: generatorUpdates + (kind === "train" ? 1 : 0),
      discriminatorUpdates: discriminatorUpdates + 1,
      imagesSeen: imagesSeen + batch.count,
    };
    return fetches;
  }

  async #stepProgram(kind: "train" | "critic", batch: number): Promise<StepProgram> {
    const key = `${kind}/${batch}`;
    let step = this.#steps.get(key);
    if (!step) {
      const { graph, noise }: StepGraph = kind === "train" ? trainStep(this.spec, batch) : criticStep(this.spec, batch);
      step = { program: await this.#session.compile(graph), noise };
      this.#steps.set(key, step);
    }
    return step;
  }

  /** Runs `count` rows through programs of at most a batch, whose sizes are powers of two: few sizes are ever compiled. */
  async #inChunks(
    name: string,
    graph: (size: number) => Graph,
    fetch: string,
    inputs: Readonly<Record<string, Float32Array>>,
    count: number,
  ): Promise<Float32Array> {
    let result: Float32Array | undefined;
    for (let first = 0; first < count; ) {
      const size = chunkSize(count - first, this.spec.batchSize);
      const rows = Math.min(size, count - first);
      const feeds: Feeds = Object.fromEntries(
        Object.entries(inputs).map(([key, data]) => [key, chunk(data, data.length / count, first, rows, size)]),
      );
      const program = await this.#program(`${name}/${size}`, () => graph(size));
      const output = (await program.run(feeds))[fetch]!;
      result ??= new Float32Array((output.length / size) * count);
      result.set(output.subarray(0, (output.length / size) * rows), (output.length / size) * first);
      first += rows;
    }
    return result ?? new Float32Array(0);
  }

  async #program(key: string, graph: () => Graph): Promise<Program> {
    let program = this.#programs.get(key);
    if (!program) {
      program = await this.#session.compile(graph(), { reproducible: true });
      this.#programs.set(key, program);
    }
    return program;
  }
}

/** The random inputs of the discriminator's update number `update`, the first being 0. */
function drawNoise(noise: readonly NoiseSpec[], seed: number, update: number): Record<string, Float32Array> {
  return Object.fromEntries(
    noise.map(({ name, shape, distribution }, i) => {
      const values = new Float32Array(sizeOf(shape));
      (distribution === "normal" ? fillNormals : fillUniforms)(values, seed, Stream.noise, update * NOISE_INPUTS + i);
      return [name, values];
    }),
  );
}

function checkFinite(fetches: Fetches, step: number): void {
  if (fetches.finite![0] === 1) return;
  const loss = ["discriminatorLoss", "generatorLoss"].find((name) => fetches[name] && !Number.isFinite(fetches[name][0]));
  throw new TrainingError({
    path: `step ${step}`,
    expected: "finite losses and gradients",
    got: loss ? `${loss} ${fetches[loss]![0]}` : "a gradient that is not",
  });
}

/** The smallest power of two that holds `rows`, or the largest within `limit`. */
function chunkSize(rows: number, limit: number): number {
  let size = 1;
  while (size < rows && size * 2 <= limit) size *= 2;
  return size;
}

/** Rows `first` to `first + rows` as a batch of `size`, filled up with zeros. */
function chunk(data: Float32Array, width: number, first: number, rows: number, size: number): Float32Array {
  const part = data.subarray(first * width, (first + rows) * width);
  if (rows === size) return part;
  const padded = new Float32Array(size * width);
  padded.set(part);
  return padded;
}
