/** One training step as one graph. Nothing is assigned unless every loss of the step, and everything that it would assign, is finite. */

import { abs, add, equal, lerp, mul, select, sqrt, square, sub, sumAll } from "../graph/build.ts";
import { grad, vjp } from "../graph/grad.ts";
import { type Graph, type Node, withoutDeadNodes } from "../graph/graph.ts";
import { emaName } from "../nn/generator.ts";
import { type NetworkName, type NoiseSpec, type ParameterSpec, parameters } from "../nn/network.ts";
import { type Adaptation, adaptation } from "./augment.ts";
import { decayOf } from "./averaging.ts";
import { classLosses } from "./classification.ts";
import type { Counters, StepImages } from "./counters.ts";
import { objectiveRow } from "./objectives.ts";
import { optimizerRow } from "./optimizers.ts";
import { beginPart, type Frame, inGraph, judge, openStep, type Step, Sums, shareOf, sumOf, whole } from "./parts.ts";
import { regularizerRow } from "./regularizers.ts";
import { fetchDiscriminatorReports, fetchGeneratorReports } from "./reports.ts";
import { isScheduled, valueAt } from "./scheduled.ts";
import type { TrainableSpec } from "./spec.ts";
import { kindOf, type UpdateKind } from "./updates.ts";
import { slotNames } from "./variables.ts";
import { alias, type WeightsInUse, weightsInUse } from "./weights.ts";

/** A graph that trains, and what it wants at every run beside its batch. */
export interface StepGraph {
  readonly graph: Graph;
  /** The random numbers. */
  readonly noise: readonly NoiseSpec[];
  /**
   * The numbers that change from update to update, for the next one.
   *
   * @param step the images of the step of that update. Default: those of a step whose batches are all of this size, and that ends with this update
   */
  scalars(done: Counters, step?: StepImages): Record<string, number>;
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

/** New values of variables, by name. */
type Changes = Map<string, Node>;

/**
 * One update of the discriminator on a batch of `batch` images and, where the kind says so, one of the generator.
 *
 * The discriminator moves first, on real and on generated images apart; then the generator, judged by the discriminator
 * as it has just become, on the same images.
 *
 * Inputs: `images` [batch, ...shape], `condition` where the model has one, the `noise`, and the `scalars` by their names.
 * Fetches (scalars): the reports of both turns (`REPORTS`), `finite` (1, or 0 if nothing was assigned because a loss or a new value is NaN, infinite
 * or nearly so).
 */
export function updateGraph(spec: TrainableSpec, batch: number, kind: UpdateKind, { stops = false }: StepOptions = {}): StepGraph {
  const frame = openStep(spec, batch, kind, spec.accumulate);
  const { graph } = frame;
  const discriminator = discriminatorTurn(frame);
  const generator = kind.generator ? generatorTurn(frame, discriminator.changes) : null;
  const finite = fetchFinite(graph, [...discriminator.checks, ...(generator?.checks ?? [])], stops);
  commit(graph, finite, discriminator.changes);
  // Built behind `finite`, so that a weight's update and the choice whether to keep it are one pass over memory.
  for (const changes of generator?.updates() ?? []) commit(graph, finite, changes);
  return endStep(frame);
}

/** One update of each network, all penalties included. */
export const trainStep = (spec: TrainableSpec, batch: number, options?: StepOptions): StepGraph =>
  updateGraph(spec, batch, kindOf(spec, 0, true), options);

/** One update of the discriminator alone, for objectives with several of them to one of the generator; all penalties included. */
export const criticStep = (spec: TrainableSpec, batch: number, options?: StepOptions): StepGraph =>
  updateGraph(spec, batch, kindOf(spec, 0, false), options);

/**
 * The numbers that change from update to update, for the next one of each network, whether an update reads them or not.
 *
 * @param step the images of the step of that update
 */
export function stepScalars(spec: TrainableSpec, done: Counters, step: StepImages): Record<string, number> {
  const scalars: Record<string, number> = {};
  for (const network of ["discriminator", "generator"] as const) {
    const optimizer = spec.optimizer[network];
    const own = optimizerRow(optimizer).scalars(optimizer, done[network] + 1, done.images, done.learningRateFactor);
    for (const [name, value] of Object.entries(own)) scalars[`${network}/${name}`] = value;
  }
  for (const regularizer of spec.regularizers) {
    for (const [name, parameter] of Object.entries(regularizer)) {
      if (isScheduled(parameter)) scalars[`${regularizer.name}/${name}`] = valueAt(parameter, done.images);
    }
  }
  if (spec.ema) scalars[EMA_RATE] = 1 - decayOf(spec.ema, done, step);
  return scalars;
}

const EMA_RATE = "ema/rate";

/** The graph of a step with what it wants, as far as something came of it: an objective need not look at everything it is offered. */
export function endStep({ spec, graph, noise, batch }: Frame): StepGraph {
  const used = withoutDeadNodes(graph);
  const inputs = new Set(used.leaves("input").map(({ attrs }) => attrs.name));
  const shown = batch * spec.objective.discriminatorSteps;
  const scalars: StepGraph["scalars"] = (done, step = { before: Math.max(0, done.images + batch - shown), shown }) =>
    Object.fromEntries(Object.entries(stepScalars(spec, done, step)).filter(([name]) => inputs.has(name)));
  return { graph: used, noise: noise.filter(({ name }) => inputs.has(name)), scalars };
}

/** Scalars that are finite if the discriminator's turn went well, and its update. Running statistics see the real images first, then the generated ones, part by part. */
function discriminatorTurn(frame: Frame): { readonly checks: readonly Node[]; readonly changes: Changes } {
  const { spec, graph, parts } = frame;
  const inUse = weightsInUse(spec, graph);
  const weights = weightsOf(spec, "discriminator");
  const leaves = variablesOf(graph, weights).map((variable) => inUse.leaves.get(variable.attrs.name) ?? variable);
  const { discriminatorLoss, relabelled } = objectiveRow(spec.objective);
  const verdicts: { readonly real: Node; readonly fake: Node }[] = [];
  const losses: Node[] = [];
  const gradients = new Sums();
  let statistics: ReadonlyMap<string, Node> = new Map();
  let adapted: Adaptation | null = null;
  for (const part of parts) {
    const step = beginPart(frame, part);
    const real = judge(step, step.real, "real", new Map([...inUse.values, ...statistics]));
    const fake = judge(step, step.fake, "fake", new Map([...inUse.values, ...real.statistics]));
    statistics = fake.statistics;
    const terms = [
      discriminatorLoss(real.scores, fake.scores, spec.objective),
      ...classLosses(spec, step.condition, real.classes, fake.classes),
      ...penalties(step, inUse, () => relabelled!(real.scores, fake.scores, spec.objective)),
    ];
    const loss = shareOf(frame, part, terms);
    losses.push(loss);
    verdicts.push({ real: real.scores, fake: fake.scores });
    if (part === parts.at(-1)) {
      const [realScores, fakeScores] = [whole(verdicts.map((v) => v.real)), whole(verdicts.map((v) => v.fake))];
      adapted = adaptation(spec.augment, spec.objective, realScores, fakeScores);
      fetchDiscriminatorReports({ spec, realScores, fakeScores, loss: sumOf(losses), adaptation: adapted });
    }
    gradients.add(grad(loss, leaves));
  }
  const limit = limitOf(spec, gradients.values);
  const kept = [...statistics, ...inUse.updates];
  const checks = [sumOf(losses), ...limit.checks, ...kept.map(([, x]) => magnitude([x]))];
  const changes: Changes = new Map();
  for (const [i, weight] of weights.entries()) {
    const update = updated(frame, "discriminator", weight, limit.apply(gradients.values[i]!));
    checks.push(magnitude(update.values()));
    for (const [name, value] of update) changes.set(name, name === weight.name ? projected(spec, value) : value);
  }
  for (const [name, value] of [...kept, ...(adapted?.changes ?? [])]) changes.set(name, value);
  return { checks, changes };
}

/**
 * The generator's loss, scalars that are finite if its turn went well, and its update with that of its moving average, built when asked for.
 *
 * @param judged the discriminator's new tensors
 */
function generatorTurn(frame: Frame, judged: Changes): { readonly checks: readonly Node[]; updates(): Iterable<ReadonlyMap<string, Node>> } {
  const { spec, graph, parts } = frame;
  const { values } = weightsInUse(spec, graph, judged);
  const weights = weightsOf(spec, "generator");
  const losses: Node[] = [];
  const gradients = new Sums();
  let statistics: ReadonlyMap<string, Node> = new Map();
  for (const part of parts) {
    const step = beginPart(frame, part, { again: parts.length > 1, statistics });
    statistics = step.generation.updates;
    // The loss is a function of the images alone: the discriminator's update, which saw them too, counts as constant.
    const images = alias(step.fake);
    const { scores: fakeScores, classes } = judge(step, images, "judge", values);
    const { scores: realScores } = judge(step, step.real, "judgeReal", values);
    const loss = shareOf(frame, part, [
      objectiveRow(spec.objective).generatorLoss(realScores, fakeScores, spec.objective),
      ...classLosses(spec, step.condition, classes),
    ]);
    losses.push(loss);
    if (part === parts.at(-1)) fetchGeneratorReports({ spec, loss: sumOf(losses) });
    const [imageGradient] = grad(loss, [images]);
    gradients.add(vjp(step.fake, variablesOf(graph, weights), imageGradient!));
  }
  const limit = limitOf(spec, gradients.values);
  return {
    // By an update of its own, which ends in a sum: the one that is kept would have to wait in memory for `finite`.
    checks: [
      sumOf(losses),
      ...limit.checks,
      ...weights.map((weight, i) => magnitude(updated(frame, "generator", weight, limit.apply(alias(gradients.values[i]!))).values())),
      ...[...statistics.values()].map((x) => magnitude([x])),
    ],
    *updates() {
      for (const [i, weight] of weights.entries()) {
        const changes = updated(frame, "generator", weight, limit.apply(gradients.values[i]!));
        yield changes;
        yield averaged(frame, weight.name, changes.get(weight.name)!);
      }
      yield statistics;
      for (const [name, value] of statistics) yield averaged(frame, name, value);
    },
  };
}

/** The average of a generator's tensor, moved a little towards the tensor's new value. */
function averaged({ spec, graph }: Pick<Frame, "spec" | "graph">, name: string, value: Node): Changes {
  if (!spec.ema) return new Map();
  return new Map([[emaName(name), lerp(graph.variable(emaName(name), value.shape), value, graph.input(EMA_RATE, []))]]);
}

/** What the regularizers of this update add to the discriminator's loss. */
function penalties(step: Step, { values }: WeightsInUse, relabelled: () => Node): Node[] {
  const { spec, kind, graph, draw, real, fake } = step;
  return kind.penalties.flatMap((i) => {
    const regularizer = spec.regularizers[i]!;
    const penalty = regularizerRow(regularizer).penalty?.(
      {
        noise: draw,
        judge: (images, label) => judge(step, images, label, values).scores,
        real,
        fake,
        relabelled,
      },
      inGraph(regularizer, graph),
    );
    if (!penalty) return [];
    return ["every" in regularizer && regularizer.every > 1 ? mul(penalty, regularizer.every) : penalty];
  });
}

/** What the regularizers make of each of a network's gradients, and scalars that are finite if all of them together are. */
function limitOf(spec: TrainableSpec, gradients: readonly Node[]): { apply(gradient: Node): Node; readonly checks: readonly Node[] } {
  const limiting = spec.regularizers.filter((regularizer) => regularizerRow(regularizer).gradientScale);
  if (limiting.length === 0) return { apply: (gradient) => gradient, checks: [] };
  const norm = normOf(gradients);
  const scales = limiting.map((regularizer) => regularizerRow(regularizer).gradientScale!(norm, inGraph(regularizer, norm.graph)));
  return { apply: (gradient) => scales.reduce((g, scale) => mul(g, scale), gradient), checks: [norm] };
}

/** The root of the sum of all squares. */
export const normOf = (tensors: readonly Node[]): Node => sqrt(tensors.map((x) => sumAll(square(x))).reduce((a, b) => add(a, b)));

/** A weight of the discriminator where the regularizers let it be. */
const projected = (spec: TrainableSpec, weight: Node): Node =>
  spec.regularizers.reduce((w, regularizer) => regularizerRow(regularizer).project?.(w, inGraph(regularizer, w.graph)) ?? w, weight);

export const weightsOf = (spec: TrainableSpec, network: NetworkName): ParameterSpec[] =>
  parameters(spec, network).filter(({ role }) => role === "weight");

export const variablesOf = (graph: Graph, tensors: readonly ParameterSpec[]): Node<"variable">[] =>
  tensors.map(({ name, shape }) => graph.variable(name, shape));

/** The new value of a weight and of its optimizer slots. */
function updated({ spec, graph }: Pick<Frame, "spec" | "graph">, network: NetworkName, { name, shape }: ParameterSpec, gradient: Node): Changes {
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

/**
 * Twice the sum of all magnitudes: finite only if every one of these numbers is, and so far from the end of the range that averages of them are too. Of the new values
 * themselves, as finite gradients do not see to it that those are: their squares are kept, their quotients may be anything, and weights add up.
 */
const magnitude = (values: Iterable<Node>): Node => mul(sumAll([...values].map((x): Node => abs(x)).reduce((a, b) => add(a, b))), 2);

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
