/** Graphs that look at both networks as a step finds them, and change nothing. */
import { grad } from "../graph/grad.ts";
import { objectiveRow } from "./objectives.ts";
import type { TrainableSpec } from "./spec.ts";
import { beginStep, endStep, judge, normOf, type Step, type StepGraph, variablesOf, weightsOf } from "./steps.ts";
import { weightsInUse } from "./weights.ts";

/** Images of the data, and of the generator, that a probe looks at. */
export const LOOKED_AT = 64;

/** Of those held out. */
export const HELD_OUT = 64;

/** Inputs and noise are those of a step. */
const NOTHING_UPDATED = { generator: true, penalties: [] };

/**
 * Both networks on `batch` images of the data and as many generated ones, as in training.
 *
 * Inputs: as of `updateGraph`. Fetches: `samples` and what the discriminator's last layer takes of them and of the images, `fakeFeatures` and `realFeatures` [batch, ...]; `realScores` and `fakeScores` [batch]; scalars:
 * the norms of all weights, `generatorWeights` and `discriminatorWeights`, and of the gradient of the generator's loss with respect to its weights, `generatorGradient`.
 */
export function probeGraph(spec: TrainableSpec, batch: number): StepGraph {
  const step = beginStep(spec, batch, NOTHING_UPDATED);
  const { graph } = step;
  const { real, fake } = judged(step);
  graph.fetch("samples", step.generated);
  graph.fetch("realScores", real.scores);
  graph.fetch("fakeScores", fake.scores);
  graph.fetch("realFeatures", real.features);
  graph.fetch("fakeFeatures", fake.features);
  const own = { generator: weightsIn(step, "generator"), discriminator: weightsIn(step, "discriminator") };
  graph.fetch("generatorWeights", normOf(own.generator));
  graph.fetch("discriminatorWeights", normOf(own.discriminator));
  const loss = objectiveRow(spec.objective).generatorLoss(real.scores, fake.scores, spec.objective);
  graph.fetch("generatorGradient", normOf(grad(loss, own.generator)));
  return endStep(step);
}

/** The objective's estimate of the divergence, of `batch` images of the data and as many generated ones as the discriminator judges them in training. Inputs: as of `updateGraph`. Fetch: `divergence`. */
export function divergenceGraph(spec: TrainableSpec, batch: number): StepGraph {
  const step = beginStep(spec, batch, NOTHING_UPDATED);
  const { real, fake } = judged(step);
  step.graph.fetch("divergence", objectiveRow(spec.objective).divergence(real.scores, fake.scores, spec.objective));
  return endStep(step);
}

function judged(step: Step) {
  const { values } = weightsInUse(step.spec, step.graph);
  return { real: judge(step, step.real, "real", values), fake: judge(step, step.fake, "fake", values) };
}

const weightsIn = ({ spec, graph }: Step, network: "generator" | "discriminator") => variablesOf(graph, weightsOf(spec, network));
