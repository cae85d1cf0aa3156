/** Graphs that look at both networks as a step finds them, and change nothing. */
import { grad } from "../graph/grad.ts";
import type { Node } from "../graph/graph.ts";
import { objectiveRow } from "./objectives.ts";
import { beginPart, type Frame, judge, openStep, type Step, Sums, shareOf, whole } from "./parts.ts";
import type { TrainableSpec } from "./spec.ts";
import { endStep, normOf, type StepGraph, variablesOf, weightsOf } from "./steps.ts";
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
  const frame = openProbe(spec, batch);
  const { graph } = frame;
  const own = { generator: weightsIn(frame, "generator"), discriminator: weightsIn(frame, "discriminator") };
  const gradients = new Sums();
  const looks = frame.parts.map((part) => {
    const step = beginPart(frame, part);
    const { real, fake } = judged(step);
    const loss = shareOf(frame, part, [objectiveRow(spec.objective).generatorLoss(real.scores, fake.scores, spec.objective)]);
    gradients.add(grad(loss, own.generator));
    return {
      samples: step.generated,
      realScores: real.scores,
      fakeScores: fake.scores,
      realFeatures: real.features,
      fakeFeatures: fake.features,
    };
  });
  for (const name of ["samples", "realScores", "fakeScores", "realFeatures", "fakeFeatures"] as const) {
    graph.fetch(name, whole(looks.map((look) => look[name])));
  }
  graph.fetch("generatorWeights", normOf(own.generator));
  graph.fetch("discriminatorWeights", normOf(own.discriminator));
  graph.fetch("generatorGradient", normOf(gradients.values));
  return endStep(frame);
}

/** The objective's estimate of the divergence, of `batch` images of the data and as many generated ones as the discriminator judges them in training. Inputs: as of `updateGraph`. Fetch: `divergence`. */
export function divergenceGraph(spec: TrainableSpec, batch: number): StepGraph {
  const frame = openProbe(spec, batch);
  const looks = frame.parts.map((part) => judged(beginPart(frame, part)));
  const scores = (of: "real" | "fake"): Node => whole(looks.map((look) => look[of].scores));
  frame.graph.fetch("divergence", objectiveRow(spec.objective).divergence(scores("real"), scores("fake"), spec.objective));
  return endStep(frame);
}

/** A look is taken in parts no larger than those of a step. */
const openProbe = (spec: TrainableSpec, batch: number): Frame =>
  openStep(spec, batch, NOTHING_UPDATED, Math.ceil((batch * spec.accumulate) / spec.batchSize));

function judged(step: Step) {
  const { values } = weightsInUse(step.spec, step.graph);
  return { real: judge(step, step.real, "real", values), fake: judge(step, step.fake, "fake", values) };
}

const weightsIn = ({ spec, graph }: Frame, network: "generator" | "discriminator") => variablesOf(graph, weightsOf(spec, network));
