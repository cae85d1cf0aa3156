/** Training where it is computed: every tensor of it, the programs of its updates, and how far it has come. */
import { BackendError, TrainingError } from "../core/errors.ts";
import { fillNormals, fillUniforms, Stream } from "../core/random.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Pause } from "../core/time.ts";
import type { Batch } from "../data/dataset.ts";
import type { Executor, Feeds, Fetches, MemoryReport, Program } from "../exec/executor.ts";
import type { Tensor } from "../formats/safetensors.ts";
import { type Graph, liveNodes } from "../graph/graph.ts";
import { emaName } from "../nn/generator.ts";
import type { NoiseSpec } from "../nn/network.ts";
import { sampleGraph } from "../nn/sampling.ts";
import type { StepImages } from "../objective/counters.ts";
import { divergenceKind, withinBounds } from "../objective/divergence.ts";
import { beginPart, openStep } from "../objective/parts.ts";
import { divergenceGraph, HELD_OUT, LOOKED_AT, probeGraph } from "../objective/probe.ts";
import { reportNames, type StepValues } from "../objective/reports.ts";
import { STOPPED, type StepGraph, updateGraph } from "../objective/steps.ts";
import { keyOf, kindOf, kindsOf, type UpdateKind } from "../objective/updates.ts";
import { type TrainingVariable, variables } from "../objective/variables.ts";
import type { Checkpoint, Progress } from "./checkpoint.ts";
import { withLabels } from "./condition.ts";
import { chunkSize } from "./forward.ts";
import { Judge, judgeGraph } from "./judge.ts";
import { Programs } from "./programs.ts";
import { Sampler } from "./sampler.ts";
import { openSession } from "./session.ts";
import type { Snapshot } from "./snapshot.ts";
import type { GANSpec } from "./spec.ts";

/** A step that was done. */
export interface StepResult extends StepValues {
  /** Its number since the GAN was created, the first being 1. */
  readonly step: number;
}

/** What came of the steps begun since it was last asked: those that were done, and the fault that ended them. */
export interface Outcome {
  readonly results: readonly StepResult[];
  /** Null where there was none. */
  readonly fault: unknown;
}

type Wants = Omit<StepGraph, "graph">;

/** An update under way. */
interface Update {
  readonly fetches: Promise<Fetches>;
  /** How far training has come once it is done. */
  readonly progress: Progress;
  /** Whether it is the last of its step. */
  readonly endsStep: boolean;
}

/** At most this many noise inputs a step, so that each has items of its own in the stream. */
const NOISE_INPUTS = 1024;

/**
 * Refuses what cannot be trained for want of memory, with sampling and judging in between. Nothing is set up, and nothing planned where there is plenty for certain.
 *
 * @throws BackendError when training needs more than `maxMemory` bytes, or than the executor can have
 */
export async function checkTraining(executor: Executor, spec: GANSpec, maxMemory: number | undefined): Promise<void> {
  if (maxMemory === undefined && plenty(spec) <= executor.capacity) return;
  await measureTraining(executor, spec, maxMemory);
}

/** Whether training is planned in a moment: a description that a stranger sent may be of hundreds of layers, or of as many parts of a batch. */
export function isQuicklyPlanned(spec: GANSpec): boolean {
  const nodes = [sampleGraph(spec, 1), judgeGraph(spec, 1)].reduce((sum, graph) => sum + liveNodes(graph).length, 0);
  return nodes * kindsOf(spec).length * spec.accumulate <= QUICK_NODES;
}

/** Four times what a DCGAN of 64 x 64 pixels comes to: a fraction of a second, with second derivatives too. */
const QUICK_NODES = 600;

/** The bytes that training needs, with sampling and judging in between, found by planning it. @throws BackendError as `checkTraining` */
export async function measureTraining(executor: Executor, spec: GANSpec, maxMemory?: number): Promise<MemoryReport> {
  const { batchSize } = spec;
  const most = chunkSize(batchSize, batchSize);
  const graphs = [
    ...kindsOf(spec).map((kind) => updateGraph(spec, batchSize, kind, { stops: true }).graph),
    probeGraph(spec, Math.min(batchSize, LOOKED_AT)).graph,
    divergenceGraph(spec, Math.min(batchSize, HELD_OUT)).graph,
    sampleGraph(spec, most, spec.ema ? emaName : undefined),
    judgeGraph(spec, most),
  ];
  return executor.measure([...variables(spec), STOPPED], graphs, { maxMemory });
}

/**
 * Bytes that training stays below by far, found without a derivative: several times all tensors and all that both networks compute of a batch. (What a plan needs is
 * about once the tensors and, as most values are given up before the end, less than once what is computed.)
 */
export function plenty(spec: GANSpec): number {
  const augmented = spec.augment ? shownGraph(spec).nodes : [];
  const computed = [...[sampleGraph(spec, 1), judgeGraph(spec, 1)].flatMap(liveNodes), ...augmented].filter(({ op }) => op !== "variable");
  const floats = (shapes: readonly { readonly shape: Shape }[]) => shapes.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return PLENTY * 4 * (floats(variables(spec)) + spec.batchSize * floats(computed)) + FIXED_BYTES;
}

/** Both networks' images of one place in a batch, as the discriminator is shown them. */
function shownGraph(spec: GANSpec): Graph {
  const frame = openStep(spec, 1, { generator: true, penalties: [] }, 1);
  for (const part of frame.parts) beginPart(frame, part);
  return frame.graph;
}

const PLENTY = 4;
/** Room for what does not grow with the network: every thread's working space. */
const FIXED_BYTES = 2 ** 28;

/**
 * The tensors of a GAN in training and the programs that work on them. Calls must not overlap.
 *
 * A step that is begun need not be waited for: others may be begun behind it, and one that goes wrong stops them (see `StepOptions.stops`).
 */
export class Training {
  readonly spec: GANSpec;
  /** The networks as training left them so far. */
  readonly sampler: Sampler;
  readonly average: Sampler;
  readonly judge: Judge;
  readonly #programs: Programs;
  /** What the updates want beside their batches, by kind and size. */
  readonly #wants = new Map<string, Wants>();
  /** How far training has come for certain. */
  #progress: Progress;
  #underWay: Update[] = [];
  #results: StepResult[] = [];
  #fault: unknown = null;

  private constructor(spec: GANSpec, programs: Programs, progress: Progress) {
    this.spec = spec;
    this.#programs = programs;
    this.#progress = progress;
    this.sampler = new Sampler(programs, spec, spec.batchSize);
    this.average = spec.ema ? new Sampler(programs, spec, spec.batchSize, emaName) : this.sampler;
    this.judge = new Judge(programs, spec, spec.batchSize);
  }

  /** Training as a snapshot left it, with its programs compiled. @throws BackendError when it needs more memory than there is */
  static async open(executor: Executor, snapshot: Snapshot, maxMemory: number | undefined): Promise<Training> {
    const { spec, progress } = snapshot;
    const session = await openSession(
      executor,
      [...variables(spec), { ...STOPPED, init: ZERO }],
      (v) => (v.name === STOPPED.name ? null : snapshot.tensor(v)),
      {
        maxMemory,
      },
    );
    try {
      const training = new Training(spec, new Programs(session, { reproducible: true }), progress);
      await training.prepare(spec.batchSize);
      return training;
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

  /** Whether all that was begun is done and was asked for. */
  get atRest(): boolean {
    return this.#underWay.length === 0 && this.#results.length === 0 && !this.#fault;
  }

  /** Bytes its session holds. */
  get memory(): MemoryReport {
    return this.#programs.session.memory;
  }

  /** Compiles what training with batches of this size runs. @throws BackendError when it needs more memory than there is */
  async prepare(batchSize: number): Promise<void> {
    for (const kind of kindsOf(this.spec)) await this.#updateProgram(kind, batchSize);
  }

  /** Begins a step: one update of the generator, after one of the discriminator for each batch. What comes of it `outcome` tells. */
  async begin(batches: readonly Batch[]): Promise<void> {
    const { discriminatorUpdates, imagesSeen } = this.begun;
    const kinds = batches.map((_, i) => kindOf(this.spec, discriminatorUpdates + i, i === batches.length - 1));
    const step = { before: imagesSeen, shown: batches.reduce((sum, { count }) => sum + count, 0) };
    // Each is begun as soon as there is its program: where memory is short, that of the next may take its place.
    for (const [i, batch] of batches.entries()) {
      const { program, wants } = await this.#updateProgram(kinds[i]!, batch.count);
      this.#update(kinds[i]!, program, wants, batch, step);
    }
  }

  /**
   * Waits for all steps under way.
   *
   * @returns for each of them the reports of its last update, up to the first update that was not finite: that one and those after it have changed nothing
   */
  async outcome(): Promise<Outcome> {
    await this.#settle();
    const outcome = { results: this.#results, fault: this.#fault };
    this.#results = [];
    this.#fault = null;
    return outcome;
  }

  /**
   * The state when all that is under way is done.
   *
   * @param pause awaited between tensors
   * @param wanted the tensors it is to have. Default: all
   */
  async checkpoint(pause?: Pause, wanted: readonly TrainingVariable[] = variables(this.spec)): Promise<Checkpoint> {
    await this.#settle();
    const tensors = new Map<string, Tensor>();
    for (const { name, shape } of wanted) {
      tensors.set(name, { shape, data: await this.#programs.session.read(name) });
      await pause?.();
    }
    return { spec: this.spec, progress: this.#progress, tensors };
  }

  /**
   * What both networks, as the steps begun leave them, make of images of the data and as many generated ones: the fetches of `probeGraph`. Nothing is changed.
   *
   * @param draw what the latents and other random numbers follow from
   */
  async look(batch: Batch, draw: number): Promise<Fetches> {
    const { program, wants } = await this.#program("probe", batch.count, () => probeGraph(this.spec, batch.count));
    return program.run(this.#feeds(wants, batch, { stream: Stream.probe, draw: 2 * draw }));
  }

  /** The estimate of the divergence on these images, and on as many generated ones. Nothing is changed. @param draw as of `look` */
  async estimate(batch: Batch, draw: number): Promise<number> {
    const { program, wants } = await this.#program("divergence", batch.count, () => divergenceGraph(this.spec, batch.count));
    return (await program.run(this.#feeds(wants, batch, { stream: Stream.probe, draw: 2 * draw + 1 }))).divergence![0]!;
  }

  /**
   * Goes back to a state. Nothing may be under way.
   *
   * @param state of this GAN, all of its tensors
   */
  async restore({ progress, tensor }: Snapshot): Promise<void> {
    for (const variable of variables(this.spec)) {
      await this.#programs.session.write(variable.name, tensor(variable) ?? new Float32Array(sizeOf(variable.shape)));
    }
    this.#progress = progress;
  }

  /** Gives the session back. */
  dispose(): void {
    this.#programs.session.dispose();
  }

  #update(kind: UpdateKind, program: Program, wants: Wants, batch: Batch, step: StepImages): void {
    const { generatorUpdates, discriminatorUpdates, imagesSeen, classesSeen, learningRateFactor } = this.begun;
    const fetches = program.run(this.#feeds(wants, batch, { stream: Stream.noise, draw: discriminatorUpdates }, step));
    fetches.catch(() => {}); // waited for later, by #settle
    const progress = {
      learningRateFactor,
      generatorUpdates: generatorUpdates + (kind.generator ? 1 : 0),
      discriminatorUpdates: discriminatorUpdates + 1,
      imagesSeen: imagesSeen + batch.count,
      classesSeen: batch.labels && classesSeen.length > 0 ? withLabels(classesSeen, batch.labels) : classesSeen,
    };
    this.#underWay.push({ fetches, progress, endsStep: kind.generator });
  }

  /** What a program is fed: a batch, random numbers, and the numbers that change from update to update. */
  #feeds({ noise, scalars }: Wants, batch: Batch, numbers: { readonly stream: number; readonly draw: number }, step?: StepImages): Feeds {
    const { generatorUpdates, discriminatorUpdates, imagesSeen, learningRateFactor } = this.begun;
    const done = { generator: generatorUpdates, discriminator: discriminatorUpdates, images: imagesSeen, learningRateFactor };
    return {
      images: batch.data,
      ...(batch.labels && { condition: batch.labels }),
      ...drawNoise(noise, this.spec.seed, numbers),
      ...scalars(done, step),
    };
  }

  /**
   * Waits for all updates under way, the oldest first, and notes what came of them.
   *
   * @throws BackendError when the backend is lost, and with it what they did
   */
  async #settle(): Promise<void> {
    for (let update = this.#underWay[0]; update; update = this.#underWay[0]) {
      let fetches: Fetches;
      try {
        fetches = await update.fetches;
      } catch (error) {
        if (error instanceof BackendError && error.lost) throw error;
        // It was refused, and changed nothing. Those behind it did, and count.
        this.#underWay.shift();
        this.#fault ??= error;
        continue;
      }
      const fault = faultOf(fetches, this.#progress.generatorUpdates + 1);
      if (fault) {
        await Promise.allSettled(this.#underWay.map((u) => u.fetches));
        await this.#programs.session.write(STOPPED.name, Float32Array.of(0));
        this.#underWay = [];
        this.#fault ??= fault;
        return;
      }
      this.#underWay.shift();
      this.#progress = update.progress;
      if (update.endsStep) this.#results.push(resultOf(fetches, update.progress.generatorUpdates, this.spec));
    }
  }

  #updateProgram(kind: UpdateKind, batch: number) {
    return this.#program(keyOf(kind), batch, () => updateGraph(this.spec, batch, kind, { stops: true }));
  }

  async #program(task: string, batch: number, step: () => StepGraph): Promise<{ readonly program: Program; readonly wants: Wants }> {
    const key = `${task}/${batch}`;
    const program = await this.#programs.get(
      task,
      batch,
      () => {
        const { graph, ...wants } = step();
        this.#wants.set(key, wants);
        return graph;
      },
      {},
    );
    return { program, wants: this.#wants.get(key)! };
  }
}

const ZERO = { kind: "constant", value: 0 } as const;

/** The random inputs of draw number `draw`, the first being 0, of a stream. */
function drawNoise(
  noise: readonly NoiseSpec[],
  seed: number,
  { stream, draw }: { readonly stream: number; readonly draw: number },
): Record<string, Float32Array> {
  return Object.fromEntries(
    noise.map(({ name, shape, distribution }, i) => {
      const values = new Float32Array(sizeOf(shape));
      (distribution === "normal" ? fillNormals : fillUniforms)(values, seed, stream, draw * NOISE_INPUTS + i);
      return [name, values];
    }),
  );
}

function resultOf(fetches: Fetches, step: number, spec: GANSpec): StepResult {
  const values = Object.fromEntries(reportNames(spec).map((name) => [name, fetches[name]![0]!])) as unknown as StepValues;
  return { step, ...values, divergence: withinBounds(values.divergence, divergenceKind(spec)) };
}

function faultOf(fetches: Fetches, step: number): TrainingError | null {
  if (fetches.finite![0] === 1) return null;
  const loss = ["discriminatorLoss", "generatorLoss"].find((name) => fetches[name] && !Number.isFinite(fetches[name][0]));
  return new TrainingError({
    path: `step ${step}`,
    expected: "finite losses, gradients and weights",
    got: loss ? `${loss} ${fetches[loss]![0]}` : "a gradient or a new weight that is not",
  });
}
