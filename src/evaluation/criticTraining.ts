/** A critic in training: its tensors in a session, the graph of its step, its moving average, its scores. */
import { type Shape, sizeOf } from "../core/shape.ts";
import type { CompileOptions, Executor, Program, Session, VariableSpec } from "../exec/executor.ts";
import { adamStep, concat, lerp, meanAll, mul, slice, square } from "../graph/build.ts";
import { grad } from "../graph/grad.ts";
import { Graph, type Node } from "../graph/graph.ts";
import { initialValue } from "../nn/init.ts";
import type { CommonParameters, Objective } from "../objective/objectives.ts";
import { type AdamSpec, OPTIMIZERS } from "../objective/optimizers.ts";
import { valueAt } from "../objective/scheduled.ts";
import type { Critic, CriticTensor } from "./critics.ts";
import type { Sides } from "./parts.ts";

/** An objective with its parameters. */
export interface Task {
  readonly objective: Objective;
  readonly parameters: CommonParameters;
}

/** The same bits on every machine. */
const EXACT: CompileOptions = { reproducible: true };
/** Samples that are scored at once. */
const MOST_SCORED = 512;
/** Share of the moving average that a step keeps; the first steps are sooner forgotten. */
const KEPT = 0.98;
/** By so many steps any matrix but a singular one becomes orthonormal, and by so many the average of such matrices. */
const FROM_ANYTHING = 25;
const FROM_AVERAGE = 6;

const average = (name: string): string => `${name}/average`;
const candidate = (name: string): string => `${name}/candidate`;
const firstMoment = (name: string): string => `${name}/m`;
const secondMoment = (name: string): string => `${name}/v`;
const itself = (name: string): string => name;

/** Trains a critic on batches of two sets. Calls must not overlap. */
export class CriticTraining {
  readonly #session: Session;
  readonly #critic: Critic;
  readonly #task: Task;
  readonly #shape: Shape;
  readonly #adam: AdamSpec;
  readonly #programs = new Map<string, Program>();
  #steps = 0;

  private constructor(session: Session, critic: Critic, task: Task, shape: Shape, steps: number) {
    this.#session = session;
    this.#critic = critic;
    this.#task = task;
    this.#shape = shape;
    const learningRate = { curve: "cosine", from: critic.learningRate, to: critic.learningRate / 100, images: steps } as const;
    this.#adam = { name: "adam", learningRate, betas: [0.9, 0.99], epsilon: 1e-8 };
  }

  /**
   * @param shape of one sample
   * @param run the steps over which the step size falls along half a wave, and the seed of the first weights
   * @throws BackendError when there is no memory for it
   */
  static async open(
    executor: Executor,
    critic: Critic,
    task: Task,
    shape: Shape,
    { steps, seed }: { readonly steps: number; readonly seed: number },
  ): Promise<CriticTraining> {
    const session = await executor.open(
      critic.tensors.flatMap((tensor) => variablesOf(critic, tensor)),
      EXACT,
    );
    try {
      for (const tensor of critic.tensors) await session.write(tensor.name, initialValue(tensor, seed));
      const training = new CriticTraining(session, critic, task, shape, steps);
      const begin = await session.compile(copyGraph(critic, itself, [itself, average], FROM_ANYTHING), EXACT);
      await begin.run({});
      begin.dispose();
      return training;
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  /** One step on a batch of each set. */
  async step({ real, fake }: Sides): Promise<void> {
    const batch = real.length / sizeOf(this.#shape);
    const program = await this.#program(`step/${batch}`, () => stepGraph(this.#critic, this.#task, this.#shape, batch, this.#adam));
    const done = this.#steps++;
    const rate = valueAt(this.#adam.learningRate, done);
    await program.run({
      real,
      fake,
      ...OPTIMIZERS.adam.scalars(this.#adam, done + 1, done),
      averageRate: 1 - Math.min(KEPT, (done + 1) / (done + 10)),
      ...(this.#critic.decay > 0 && { kept: 1 - rate * this.#critic.decay }),
    });
  }

  /** Makes the moving average the critic that scores. */
  async settle(): Promise<void> {
    await (await this.#program("settle", () => copyGraph(this.#critic, average, [candidate], FROM_AVERAGE))).run({});
  }

  /** The tensors of the critic that scores. */
  async read(): Promise<Map<string, Float32Array>> {
    const tensors = new Map<string, Float32Array>();
    for (const { name } of this.#critic.tensors) tensors.set(name, await this.#session.read(candidate(name)));
    return tensors;
  }

  /** Makes a critic the one that scores. */
  async write(tensors: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [name, values] of tensors) await this.#session.write(candidate(name), values);
  }

  /** Scores of samples of both sets. @param pause awaited between runs */
  async scores({ real, fake }: Sides, pause: () => Promise<void>): Promise<Sides> {
    return { real: await this.#scoresOf(real, pause), fake: await this.#scoresOf(fake, pause) };
  }

  /** The objective's estimate of the divergence, by scores: of as many of each set where it compares them in pairs. */
  async divergence(scores: Sides): Promise<number> {
    const pairs = this.#task.objective.verdict || this.#critic.bound ? Number.POSITIVE_INFINITY : Math.min(scores.real.length, scores.fake.length);
    const [real, fake] = [scores.real.subarray(0, pairs), scores.fake.subarray(0, pairs)];
    const program = await this.#program(`divergence/${real.length}/${fake.length}`, () => divergenceGraph(this.#task, real.length, fake.length));
    return (await program.run({ real, fake })).divergence![0]!;
  }

  dispose(): void {
    this.#session.dispose();
  }

  async #scoresOf(rows: Float32Array, pause: () => Promise<void>): Promise<Float32Array> {
    const width = sizeOf(this.#shape);
    const scores = new Float32Array(rows.length / width);
    for (let first = 0; first < scores.length; ) {
      const size = runSize(scores.length - first);
      const part = rows.subarray(first * width, (first + size) * width);
      const samples = new Float32Array(size * width);
      samples.set(part);
      const program = await this.#program(`scores/${size}`, () => scoreGraph(this.#critic, this.#shape, size));
      scores.set((await program.run({ samples })).scores!.subarray(0, part.length / width), first);
      first += size;
      await pause();
    }
    return scores;
  }

  async #program(key: string, graph: () => Graph): Promise<Program> {
    const program = this.#programs.get(key) ?? (await this.#session.compile(graph(), EXACT));
    this.#programs.set(key, program);
    return program;
  }
}

/** The smallest power of two that holds `rows`, or `MOST_SCORED`, which is one. */
function runSize(rows: number): number {
  let size = 1;
  while (size < rows && size < MOST_SCORED) size *= 2;
  return size;
}

function variablesOf({ bound }: Critic, { name, shape }: CriticTensor): VariableSpec[] {
  const like = [itself, average, candidate, firstMoment].map((variable) => ({ name: variable(name), shape }));
  return [...like, { name: secondMoment(name), shape: bound ? [] : shape }];
}

const read = ({ tensors }: Critic, graph: Graph, variable: (name: string) => string): Map<string, Node<"variable">> =>
  new Map(tensors.map(({ name, shape }) => [name, graph.variable(variable(name), shape)]));

/**
 * Inputs `real` and `fake` [batch, ...shape], what Adam reads, `averageRate` and, where weights decay, `kept`.
 *
 * Where the slope is bounded, gradients are divided by the root mean square of the whole tensor rather than by that of each number: what an orthonormal matrix has of one direction it has not
 * of others, and by numbers of their own, the many that hold noise would be moved as much as the few that matter.
 */
function stepGraph(critic: Critic, { objective, parameters }: Task, shape: Shape, batch: number, adam: AdamSpec): Graph {
  const graph = new Graph();
  const samples = concat([graph.input("real", [batch, ...shape]), graph.input("fake", [batch, ...shape])], 0);
  const tensors = read(critic, graph, itself);
  const scores = critic.scores(samples, tensors);
  const loss = objective.discriminatorLoss(slice(scores, [0], [batch]), slice(scores, [batch], [batch]), parameters);
  const gradients = grad(loss, [...tensors.values()]);
  for (const [i, [name, tensor]] of [...tensors].entries()) {
    const gradient = gradients[i]!;
    const [m, v] = [graph.variable(firstMoment(name), tensor.shape), graph.variable(secondMoment(name), critic.bound ? [] : tensor.shape)];
    const newM = lerp(m, gradient, 1 - adam.betas[0]);
    const newV = lerp(v, critic.bound ? meanAll(square(gradient)) : square(gradient), 1 - (adam.betas[1] as number));
    const decayed = critic.decay > 0 && tensor.shape.length > 1 ? mul(tensor, graph.input("kept", [])) : tensor;
    const moved = adamStep(decayed, newM, newV, graph.input("stepSize", []), graph.input("scale", []), adam.epsilon);
    const value = critic.bound?.project(moved, 1) ?? moved;
    const mean = graph.variable(average(name), tensor.shape);
    graph.assign(tensor, value);
    graph.assign(m, newM);
    graph.assign(v, newV);
    graph.assign(mean, lerp(mean, value, graph.input("averageRate", [])));
  }
  return graph;
}

/** Assigns some of a critic's variables what others hold, as what it must be. */
function copyGraph(critic: Critic, from: (name: string) => string, to: readonly ((name: string) => string)[], times: number): Graph {
  const graph = new Graph();
  for (const [name, tensor] of read(critic, graph, from)) {
    const value = critic.bound?.project(tensor, times) ?? tensor;
    for (const variable of to) graph.assign(graph.variable(variable(name), tensor.shape), value);
  }
  return graph;
}

/** Input `samples` [count, ...shape]; fetch `scores` [count]. */
function scoreGraph(critic: Critic, shape: Shape, count: number): Graph {
  const graph = new Graph();
  graph.fetch("scores", critic.scores(graph.input("samples", [count, ...shape]), read(critic, graph, candidate)));
  return graph;
}

/** Inputs `real` [reals] and `fake` [fakes], which are scores; fetch `divergence`. */
function divergenceGraph({ objective, parameters }: Task, reals: number, fakes: number): Graph {
  const graph = new Graph();
  graph.fetch("divergence", objective.divergence(graph.input("real", [reals]), graph.input("fake", [fakes]), parameters));
  return graph;
}
