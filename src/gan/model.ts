import { TrainingError } from "../core/errors.ts";
import { fillNormals, fillUniforms, Stream } from "../core/random.ts";
import { sizeOf } from "../core/shape.ts";
import type { Batch } from "../data/dataset.ts";
import type { Executor, Feeds, Fetches, MemoryReport, Program, Session, VariableSpec } from "../exec/executor.ts";
import type { Graph } from "../graph/graph.ts";
import { initialValue } from "../nn/init.ts";
import type { NoiseSpec } from "../nn/network.ts";
import { discriminateGraph, sampleGraph } from "../nn/sampling.ts";
import { REPORT_NAMES, type StepValues } from "../objective/reports.ts";
import { keyOf, kindOf, kindsOf, type UpdateKind } from "../objective/schedule.ts";
import { STOPPED, type StepGraph, stepScalars, updateGraph } from "../objective/steps.ts";
import { emaName, variables } from "../objective/variables.ts";
import type { Checkpoint, Progress } from "./checkpoint.ts";
import type { GANSpec } from "./spec.ts";

/** A step that was done. */
export interface StepResult extends StepValues {
  /** Its number since the GAN was created, the first being 1. */
  readonly step: number;
}

/** What came of the steps begun since it was last asked: those that were done, and the fault that ended them. */
export interface Outcome {
  readonly results: readonly StepResult[];
  readonly fault: TrainingError | null;
}

/** An update under way. */
interface Update {
  readonly fetches: Promise<Fetches>;
  /** How far training has come once it is done. */
  readonly progress: Progress;
  /** Whether it is the last of its step. */
  readonly endsStep: boolean;
}

interface StepProgram {
  readonly program: Program;
  readonly noise: readonly NoiseSpec[];
}

/** At most this many noise inputs a step, so that each has items of its own in the stream. */
const NOISE_INPUTS = 1024;

/**
 * The tensors of a GAN where they are computed, the programs that work on them, and how far training has come. Calls must not overlap.
 *
 * A step that is begun need not be waited for: others may be begun behind it, and one that goes wrong stops them (see `StepOptions.stops`).
 */
export class Model {
  readonly spec: GANSpec;
  readonly #session: Session;
  readonly #programs = new Map<string, Program>();
  readonly #steps = new Map<string, StepProgram>();
  /** How far training has come for certain. */
  #progress: Progress;
  #underWay: Update[] = [];
  #results: StepResult[] = [];
  #fault: TrainingError | null = null;

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
    const session = await executor.open([...tensors, STOPPED], { maxMemory });
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

  /** How far training has come, without the steps under way. */
  get progress(): Progress {
    return this.#progress;
  }

  /** How far training will have come when all that is under way is done. */
  get begun(): Progress {
    return this.#underWay.at(-1)?.progress ?? this.#progress;
  }

  get memory(): MemoryReport {
    return this.#session.memory;
  }

  /** Compiles what training with batches of this size runs. @throws BackendError when it needs more memory than there is */
  async prepare(batchSize: number): Promise<void> {
    for (const kind of kindsOf(this.spec)) await this.#stepProgram(kind, batchSize);
  }

  /** Begins a step: one update of the generator, after one of the discriminator for each batch. What comes of it `outcome` tells. */
  async begin(batches: readonly Batch[]): Promise<void> {
    const { discriminatorUpdates } = this.begun;
    const kinds = batches.map((_, i) => kindOf(this.spec, discriminatorUpdates + i, i === batches.length - 1));
    const programs = await Promise.all(batches.map(({ count }, i) => this.#stepProgram(kinds[i]!, count)));
    for (const [i, batch] of batches.entries()) this.#update(kinds[i]!, programs[i]!, batch);
  }

  /**
   * Waits for all steps under way.
   *
   * @returns for each of them the losses of the last update of each network, up to the first update that was not finite: that one and those after it have
   * changed nothing
   */
  async outcome(): Promise<Outcome> {
    await this.#settle();
    const outcome = { results: this.#results, fault: this.#fault };
    this.#results = [];
    this.#fault = null;
    return outcome;
  }

  /** Images [count, ...shape] of latents [count, latent]; `average` chooses the generator's moving average, where there is one. */
  generate(latents: Float32Array, condition: Float32Array | null, count: number, average: boolean): Promise<Float32Array> {
    const ema = average && this.spec.ema !== false;
    const graph = (size: number) => sampleGraph(this.spec, size, ema ? emaName : undefined);
    return this.#inChunks(ema ? "average" : "generator", graph, "images", { latents, ...(condition && { condition }) }, count);
  }

  /** Scores [count] of images [count, ...shape]. */
  score(images: Float32Array, condition: Float32Array | null, count: number): Promise<Float32Array> {
    const graph = (size: number) => discriminateGraph(this.spec, size);
    return this.#inChunks("scores", graph, "scores", { images, ...(condition && { condition }) }, count);
  }

  /** The state when all that is under way is done. */
  async checkpoint(): Promise<Checkpoint> {
    await this.#settle();
    const read = async ({ name, shape }: VariableSpec) => [name, { shape, data: await this.#session.read(name) }] as const;
    return { spec: this.spec, progress: this.#progress, tensors: new Map(await Promise.all(variables(this.spec).map(read))) };
  }

  dispose(): void {
    this.#session.dispose();
  }

  #update(kind: UpdateKind, { program, noise }: StepProgram, batch: Batch): void {
    const { generatorUpdates, discriminatorUpdates, imagesSeen } = this.begun;
    const done = { generator: generatorUpdates, discriminator: discriminatorUpdates };
    const feeds: Record<string, Float32Array | number> = {
      images: batch.data,
      ...(batch.labels && { condition: batch.labels }),
      ...drawNoise(noise, this.spec.seed, discriminatorUpdates),
      ...stepScalars(this.spec, done, kind.generator ? ["discriminator", "generator"] : ["discriminator"]),
    };
    const fetches = program.run(feeds);
    fetches.catch(() => {}); // waited for later, by #settle
    const endsStep = kind.generator;
    const progress = {
      generatorUpdates: generatorUpdates + (endsStep ? 1 : 0),
      discriminatorUpdates: discriminatorUpdates + 1,
      imagesSeen: imagesSeen + batch.count,
    };
    this.#underWay.push({ fetches, progress, endsStep });
  }

  /** Waits for all updates under way, the oldest first, and notes what came of them. */
  async #settle(): Promise<void> {
    for (let update = this.#underWay[0]; update; update = this.#underWay[0]) {
      const fetches = await update.fetches;
      const fault = faultOf(fetches, this.#progress.generatorUpdates + 1);
      if (fault) {
        await Promise.all(this.#underWay.map((u) => u.fetches));
        await this.#session.write(STOPPED.name, Float32Array.of(0));
        this.#underWay = [];
        this.#fault = fault;
        return;
      }
      this.#underWay.shift();
      this.#progress = update.progress;
      if (update.endsStep) this.#results.push(resultOf(fetches, update.progress.generatorUpdates));
    }
  }

  async #stepProgram(kind: UpdateKind, batch: number): Promise<StepProgram> {
    const key = `${keyOf(kind)}/${batch}`;
    let step = this.#steps.get(key);
    if (!step) {
      const { graph, noise }: StepGraph = updateGraph(this.spec, batch, kind, { stops: true });
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

function resultOf(fetches: Fetches, step: number): StepResult {
  const values = Object.fromEntries(REPORT_NAMES.map((name) => [name, fetches[name]![0]!])) as unknown as StepValues;
  return { step, ...values };
}

function faultOf(fetches: Fetches, step: number): TrainingError | null {
  if (fetches.finite![0] === 1) return null;
  const loss = ["discriminatorLoss", "generatorLoss"].find((name) => fetches[name] && !Number.isFinite(fetches[name][0]));
  return new TrainingError({
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
