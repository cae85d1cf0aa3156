/** One training step as one graph. Nothing is assigned unless every loss and every gradient of the step is finite. */
import { add, equal, lerp, meanAll, select, square, sub, sumAll } from "../graph/build.ts";
import { grad, vjp } from "../graph/grad.ts";
import { Graph, type Node } from "../graph/graph.ts";
import {
  conditionInput,
  discriminate,
  emaName,
  generate,
  type NetworkName,
  type NetworkPass,
  type NoiseSpec,
  noiseInput,
  openPass,
  type ParameterSpec,
  parameters,
  slotNames,
} from "./network.ts";
import { OBJECTIVES } from "./objectives.ts";
import { emaDecay, optimizerRow } from "./optimizers.ts";
import { gradientPenalty, weightClipping } from "./regularizers.ts";
import type { GANSpec } from "./spec.ts";

/** A graph that trains, and the random numbers it wants at every run. */
export interface StepGraph {
  readonly graph: Graph;
  readonly noise: readonly NoiseSpec[];
}

/** Updates done so far of each network. */
export interface Counters {
  readonly discriminator: number;
  readonly generator: number;
}

export interface StepOptions {
  /**
   * Whether a step that goes wrong stops those after it: they change nothing either, and `finite` is 0, until the variable `STOPPED` is 0 again.
   * For steps that are under way before it is known how the last one went. Default false.
   */
  readonly stops?: boolean;
}

/** A variable beside those of the model, for steps that stop the ones after them: 1 after one went wrong. */
export const STOPPED = { name: "stopped", shape: [] } as const;

/** What both kinds of step begin with. */
interface Step {
  readonly spec: GANSpec;
  readonly graph: Graph;
  readonly noise: NoiseSpec[];
  readonly batch: number;
  readonly condition: Node | null;
  readonly real: Node;
  readonly fake: Node;
  /** The use of the generator that gave `fake`. */
  readonly generation: NetworkPass;
}

/** New values of variables, by name. */
type Changes = Map<string, Node>;

/** What a network's turn gives. */
interface Turn {
  /** Scalars that are finite if the turn went well. */
  readonly checks: readonly Node[];
  readonly changes: Changes;
}

/**
 * One update of each network on a batch of `batch` images.
 *
 * The discriminator moves first, on real and on generated images apart; then the generator, judged by the discriminator
 * as it has just become, on the same generated images.
 *
 * Inputs: `images` [batch, ...shape], `condition` where the model has one, the `noise`, and the scalars of `stepScalars`.
 * Fetches (scalars): `discriminatorLoss`, `generatorLoss`, `divergence`, `realScore` and `fakeScore` (mean scores before the
 * update), `finite` (1, or 0 if nothing was assigned because a loss, a gradient's square or a statistic is NaN or infinite).
 */
export function trainStep(spec: GANSpec, batch: number, { stops = false }: StepOptions = {}): StepGraph {
  const step = beginStep(spec, batch);
  const { graph, noise, fake, generation } = step;
  const discriminator = discriminatorTurn(step);

  // The generator's loss is a function of its images alone: the discriminator's update, which saw them too, counts as constant.
  const judged = alias(fake);
  const judgement = openPass(graph, { training: true, values: discriminator.changes, noise, label: "judge" });
  const loss = OBJECTIVES[spec.objective.name].generatorLoss(discriminate(spec, judged, step.condition, judgement));
  graph.fetch("generatorLoss", loss);
  const [imageGradient] = grad(loss, [judged]);
  const weights = weightsOf(spec, "generator");
  const gradients = vjp(fake, variablesOf(graph, weights), imageGradient!);

  const checks = [...discriminator.checks, loss, ...gradients.map(sumOfSquares), ...[...generation.updates.values()].map(sumAll)];
  const finite = fetchFinite(graph, checks, stops);
  commit(graph, finite, discriminator.changes);
  for (const [i, weight] of weights.entries()) {
    const changes = updated(step, "generator", weight, gradients[i]!);
    commit(graph, finite, changes);
    commitAverage(step, finite, weight.name, changes.get(weight.name)!);
  }
  commit(graph, finite, generation.updates);
  for (const [name, value] of generation.updates) commitAverage(step, finite, name, value);
  return { graph, noise };
}

/**
 * One update of the discriminator alone, for objectives with several of them to one of the generator.
 * Inputs and fetches are those of `trainStep` without `generatorLoss`; of the scalars it reads the discriminator's.
 */
export function criticStep(spec: GANSpec, batch: number, { stops = false }: StepOptions = {}): StepGraph {
  const step = beginStep(spec, batch);
  const { checks, changes } = discriminatorTurn(step);
  commit(step.graph, fetchFinite(step.graph, checks, stops), changes);
  return { graph: step.graph, noise: step.noise };
}

/** The values of a step's scalar inputs for the next update of each network of `networks`. */
export function stepScalars(
  spec: GANSpec,
  done: Counters,
  networks: readonly NetworkName[] = ["discriminator", "generator"],
): Record<string, number> {
  const scalars: Record<string, number> = {};
  for (const network of networks) {
    const optimizer = spec.optimizer[network];
    for (const [name, value] of Object.entries(optimizerRow(optimizer).scalars(optimizer, done[network] + 1))) scalars[`${network}/${name}`] = value;
  }
  if (spec.ema && networks.includes("generator")) scalars[EMA_RATE] = 1 - emaDecay(spec.ema.decay, done.generator + 1);
  return scalars;
}

const EMA_RATE = "ema/rate";

function beginStep(spec: GANSpec, batch: number): Step {
  const graph = new Graph();
  const noise: NoiseSpec[] = [];
  const latents = noiseInput(graph, noise, "latents", [batch, spec.latent], "normal");
  const condition = conditionInput(spec, graph, batch);
  const real = graph.input("images", [batch, ...spec.shape]);
  const generation = openPass(graph, { training: true, noise, label: "generate" });
  const fake = generate(spec, latents, condition, generation);
  return { spec, graph, noise, batch, condition, real, fake, generation };
}

/** The discriminator's losses and its update. Running statistics see the real images first, then the generated ones. */
function discriminatorTurn(step: Step): Turn {
  const { spec, graph, noise, condition, real, fake } = step;
  const objective = OBJECTIVES[spec.objective.name];
  const judge = (images: Node, label: string, values?: ReadonlyMap<string, Node>): { scores: Node; statistics: ReadonlyMap<string, Node> } => {
    const pass = openPass(graph, { training: true, noise, label, ...(values && { values }) });
    return { scores: discriminate(spec, images, condition, pass), statistics: pass.updates };
  };
  const { scores: realScores, statistics } = judge(real, "real");
  const { scores: fakeScores, statistics: newStatistics } = judge(fake, "fake", statistics);

  let loss = objective.discriminatorLoss(realScores, fakeScores);
  if (spec.objective.name === "wasserstein-gp") {
    const mix = noiseInput(graph, noise, "interpolation", [step.batch], "uniform");
    loss = add(
      loss,
      gradientPenalty((x) => judge(x, "between").scores, real, fake, mix, spec.objective.lambda),
    );
  }
  graph.fetch("discriminatorLoss", loss);
  graph.fetch("divergence", objective.divergence(realScores, fakeScores));
  graph.fetch("realScore", meanAll(realScores));
  graph.fetch("fakeScore", meanAll(fakeScores));

  const weights = weightsOf(spec, "discriminator");
  const gradients = grad(loss, variablesOf(graph, weights));
  const checks = [loss, ...gradients.map(sumOfSquares), ...[...newStatistics.values()].map(sumAll)];
  const changes: Changes = new Map();
  for (const [i, weight] of weights.entries()) {
    for (const [name, value] of updated(step, "discriminator", weight, gradients[i]!)) {
      const clipped = spec.objective.name === "wasserstein" && name === weight.name;
      changes.set(name, clipped ? weightClipping(value, spec.objective.clip) : value);
    }
  }
  for (const [name, value] of newStatistics) changes.set(name, value);
  return { checks, changes };
}

const weightsOf = (spec: GANSpec, network: NetworkName): ParameterSpec[] => parameters(spec, network).filter(({ role }) => role === "weight");

const variablesOf = (graph: Graph, tensors: readonly ParameterSpec[]): Node[] => tensors.map(({ name, shape }) => graph.variable(name, shape));

/** The new value of a weight and of its optimizer slots. */
function updated({ spec, graph }: Step, network: NetworkName, { name, shape }: ParameterSpec, gradient: Node): Changes {
  const optimizer = spec.optimizer[network];
  const slots = slotNames(spec, network, name);
  const result = optimizerRow(optimizer).step(
    optimizer,
    graph.variable(name, shape),
    gradient,
    slots.map((slot) => graph.variable(slot, shape)),
    (scalar) => graph.input(`${network}/${scalar}`, []),
  );
  return new Map([[name, result.value], ...slots.map((slot, i) => [slot, result.slots[i]!] as const)]);
}

/** Of squares, because optimizers keep them: a gradient that is finite, but its square not, would leave an infinite slot behind. */
const sumOfSquares = (x: Node): Node => sumAll(square(x));

/** 1 if all of `scalars` are finite (then, and only then, their sum less itself is 0) and no step before this one stopped it. Also asked for as `finite`. */
function fetchFinite(graph: Graph, scalars: readonly Node[], stops: boolean): Node {
  const total = scalars.reduce((a, b) => add(a, b));
  let finite = equal(sub(total, total), 0);
  if (stops) {
    const stopped = graph.variable(STOPPED.name, STOPPED.shape);
    finite = select(stopped, 0, finite);
    graph.assign(stopped, sub(1, finite));
  }
  graph.fetch("finite", finite);
  return finite;
}

function commit(graph: Graph, finite: Node, changes: ReadonlyMap<string, Node>): void {
  for (const [name, value] of changes) {
    const variable = graph.variable(name, value.shape);
    graph.assign(variable, select(finite, value, variable));
  }
}

/** Moves the average of a generator's tensor a little towards the tensor's new value. */
function commitAverage({ spec, graph }: Step, finite: Node, name: string, value: Node): void {
  if (!spec.ema) return;
  const average = graph.variable(emaName(name), value.shape);
  commit(graph, finite, new Map([[emaName(name), lerp(average, value, graph.input(EMA_RATE, []))]]));
}

/** The same value as a node of its own, with respect to which one can differentiate apart from `x`. */
const alias = (x: Node): Node => x.graph.apply("reshape", [x], { shape: x.shape });
