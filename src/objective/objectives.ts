/**
 * What the two networks minimise. Each objective is a function of the discriminator's scores (shape [N], before any
 * sigmoid) on real and on generated images, and says which divergence its value function estimates.
 */
import { type Fields, integer, optional, real } from "../core/check.ts";
import type { ErrorDetail } from "../core/errors.ts";
import { add, meanAll, mul, neg, relu, softplus, square, sub } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Kind } from "./kinds.ts";
import type { AdamSpec, OptimizerSpec } from "./optimizers.ts";

/** Parameters of every objective. */
export interface CommonParameters {
  /** Updates of the discriminator for each one of the generator, 1 to 1000. */
  readonly discriminatorSteps: number;
}

/** The name of what an objective's value function estimates, with p the density of the data and q that of the generator. See {@link DivergenceKind}. */
export type DivergenceName =
  | "jensen-shannon"
  | "jensen-shannon-of-pairs"
  | "triangular-discrimination"
  | "total-variation"
  | "wasserstein-1"
  // Another objective may have another.
  | (string & {});

/** One objective. `P` are its parameters with all options filled in. */
export interface Objective<P extends CommonParameters = CommonParameters> {
  readonly fields: Fields<P>;
  /** The optimizer of both networks where the user names none, for data of this kind. */
  optimizer(kind: Kind): OptimizerSpec;
  /** What the discriminator minimises: scores [N], [N] -> scalar. */
  discriminatorLoss(real: Node, fake: Node, parameters: P): Node;
  /** What the generator minimises: scores [N], [N] by the updated discriminator -> scalar. Its gradient runs through `fake` alone. */
  generatorLoss(real: Node, fake: Node, parameters: P): Node;
  /** The estimate of the divergence between data and generator, a lower bound that the best discriminator attains. */
  divergence(real: Node, fake: Node, parameters: P): Node;
  /** What that is. It is never below 0. */
  readonly estimates: {
    readonly name: DivergenceName;
    /** The most that it can be, which it is where data and generator nowhere overlap; infinite where there is no such bound. */
    readonly ceiling: number;
    /** Whether scores of a slope of at most 1 are presumed: of any other they give it times an unknown factor. */
    readonly presumesSlope?: boolean;
  };
  /**
   * What the discriminator's loss grows by when the images of the data are taken for generated ones: with a share of it labels are smoothed. Only where that loss stays
   * bounded from below.
   */
  relabelled?(real: Node, fake: Node, parameters: P): Node;
  /** Above 0 where a score takes its image for one of the data, below 0 where for a generated one. Without it scores say nothing alone, and are compared in pairs. */
  verdict?(score: Node, parameters: P): Node;
  /** What is wrong with parameters each of which is right. */
  fault?(parameters: P): ErrorDetail | null;
}

/** A row of the table; it keeps the type of its parameters. */
const objective = <P extends CommonParameters>(row: Objective<P>): Objective<P> => row;

/** The field that every objective has. */
export const discriminatorSteps = (fallback: number) => optional(integer(1, 1000), fallback);

/**
 * Adam as it did best of what was tried (bench/LEARNING.md): without momentum and with a short memory for magnitudes (as in Mescheder, Geiger & Nowozin 2018, section 6, and
 * Karras et al. 2020). Points take ten thousand updates and more: theirs grow smaller. What learns 32×32 pixels swings at 64×64.
 */
export const suited = (kind: Kind): AdamSpec => ({
  name: "adam",
  learningRate: { points: { curve: "cosine", from: 3e-3, to: 1e-3, images: 1_000_000 } as const, images: 2e-3, "large images": 1e-3 }[kind],
  betas: [0, 0.99],
  epsilon: 1e-8,
});

/** -E log D(x) - E log(1 - D(G(z))) with D = sigmoid(score). */
const crossEntropy = (real: Node, fake: Node): Node => add(meanAll(softplus(neg(real))), meanAll(softplus(fake)));

/** max_D V = 2 JS(data, G) - 2 log 2 (Goodfellow et al. 2014, equation 6), in nats, from 0 to log 2. */
const jensenShannon = (real: Node, fake: Node): Node => sub(Math.LN2, mul(crossEntropy(real, fake), 0.5));

const JENSEN_SHANNON = { name: "jensen-shannon", ceiling: Math.LN2 } as const;

const meanDifference = (a: Node, b: Node): Node => sub(meanAll(a), meanAll(b));

/** ½ E (scores - label)². */
const squaredError = (scores: Node, label: number): Node => mul(meanAll(square(sub(scores, label))), 0.5);

/** Parameters of least squares: the labels b, a and c of Mao et al. 2017, equation 2. */
export interface LeastSquaresParameters extends CommonParameters {
  /** What the discriminator is to say of images of the data (b), -1e6 to 1e6. Default 1. */
  readonly realLabel: number;
  /** What it is to say of generated images (a), -1e6 to 1e6, a thousandth or more from `realLabel`. Default 0. */
  readonly fakeLabel: number;
  /** What the generator would have it say of generated images (c), -1e6 to 1e6. Default 1. */
  readonly generatorLabel: number;
}

const LABEL = real(-1e6, 1e6);

const leastSquaresLoss = (real: Node, fake: Node, { realLabel, fakeLabel }: LeastSquaresParameters): Node =>
  add(squaredError(real, realLabel), squaredError(fake, fakeLabel));

const hingeLoss = (real: Node, fake: Node): Node => add(meanAll(relu(sub(1, real))), meanAll(relu(add(1, fake))));

/** E softplus(worse - better): near 0 where each `better` score is above that of the same pair. */
const pairLoss = (better: Node, worse: Node): Node => meanAll(softplus(sub(worse, better)));

export const OBJECTIVES = {
  /** Goodfellow et al. 2014, equation 1: the generator minimises E log(1 - D(G(z))), which saturates. */
  minimax: objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: suited,
    discriminatorLoss: crossEntropy,
    generatorLoss: (_, fake) => neg(meanAll(softplus(fake))),
    divergence: jensenShannon,
    estimates: JENSEN_SHANNON,
    relabelled: meanAll,
    verdict: (score) => score,
  }),

  /** Goodfellow et al. 2014, section 3: the generator maximises E log D(G(z)) instead. */
  "non-saturating": objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: suited,
    discriminatorLoss: crossEntropy,
    generatorLoss: (_, fake) => meanAll(softplus(neg(fake))),
    divergence: jensenShannon,
    estimates: JENSEN_SHANNON,
    relabelled: meanAll,
    verdict: (score) => score,
  }),

  /**
   * Mao et al. 2017, equation 2. The best D = (b p + a q) / (p + q) makes L_D = ½ (b - a)² ∫ p q / (p + q), so 2 - 8 L_D / (b - a)² is the triangular
   * discrimination ∫ (p - q)² / (p + q), from 0 to 2.
   */
  "least-squares": objective<LeastSquaresParameters>({
    fields: {
      discriminatorSteps: discriminatorSteps(1),
      realLabel: optional(LABEL, 1),
      fakeLabel: optional(LABEL, 0),
      generatorLabel: optional(LABEL, 1),
    },
    // Nearer labels would have their squared distance, by which the divergence is divided, drown in rounding.
    fault: ({ realLabel, fakeLabel }) =>
      Math.abs(realLabel - fakeLabel) < 1e-3 * Math.max(1, Math.abs(realLabel))
        ? { path: "fakeLabel", expected: `a number at least a thousandth away from realLabel, ${realLabel}`, got: `${fakeLabel}` }
        : null,
    optimizer: suited,
    discriminatorLoss: leastSquaresLoss,
    generatorLoss: (_, fake, { generatorLabel }) => squaredError(fake, generatorLabel),
    divergence: (real, fake, parameters) =>
      sub(2, mul(leastSquaresLoss(real, fake, parameters), 8 / (parameters.realLabel - parameters.fakeLabel) ** 2)),
    estimates: { name: "triangular-discrimination", ceiling: 2 },
    relabelled: (real, _, { realLabel, fakeLabel }) => sub(squaredError(real, fakeLabel), squaredError(real, realLabel)),
    verdict: (score, { realLabel, fakeLabel }) => mul(sub(score, (realLabel + fakeLabel) / 2), Math.sign(realLabel - fakeLabel)),
  }),

  /**
   * Lim & Ye 2017, equations 12 and 13 (Miyato et al. 2018, equations 16 and 17). The best f is 1 where p > q and -1 elsewhere, and makes L_D = 2 - 2 TV: 1 - L_D / 2 is
   * the total variation distance ½ ∫ |p - q|, from 0 to 1.
   */
  hinge: objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: suited,
    discriminatorLoss: hingeLoss,
    generatorLoss: (_, fake) => neg(meanAll(fake)),
    divergence: (real, fake) => sub(1, mul(hingeLoss(real, fake), 0.5)),
    estimates: { name: "total-variation", ceiling: 1 },
    relabelled: (real) => sub(meanAll(relu(add(1, real))), meanAll(relu(sub(1, real)))),
    verdict: (score) => score,
  }),

  /**
   * Real and generated images in pairs, each network with the other's loss turned round: Jolicoeur-Martineau 2019, equations 3 and 4, with f = softplus as in
   * Huang et al. 2024, equation 2 (RpGAN). The best difference of scores, log (p(x) q(y) / (q(x) p(y))), makes log 2 - L_D the JS divergence of the pairs p ⊗ q and q ⊗ p,
   * in nats, from 0 to log 2.
   */
  relativistic: objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: suited,
    discriminatorLoss: pairLoss,
    generatorLoss: (real, fake) => pairLoss(fake, real),
    divergence: (real, fake) => sub(Math.LN2, pairLoss(real, fake)),
    estimates: { name: "jensen-shannon-of-pairs", ceiling: Math.LN2 },
    relabelled: (real, fake) => sub(meanAll(real), meanAll(fake)),
  }),

  /**
   * The critic of a Wasserstein GAN: maximise E f(x) - E f(G(z)) over f of bounded slope (Arjovsky, Chintala & Bottou 2017, equation 3). A regularizer has to
   * bound the slope; see the presets of this name and of "wasserstein-gp".
   */
  wasserstein: objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(5) },
    optimizer: (kind) => ({ name: "rmsprop", learningRate: kind === "points" ? 5e-4 : 5e-5, decay: 0.99, epsilon: 1e-8 }),
    discriminatorLoss: (real, fake) => meanDifference(fake, real),
    generatorLoss: (_, fake) => neg(meanAll(fake)),
    divergence: meanDifference,
    estimates: { name: "wasserstein-1", ceiling: Number.POSITIVE_INFINITY, presumesSlope: true },
  }),
};

/**
 * The name of an objective.
 *
 * @useDeclaredType
 */
export type ObjectiveName = keyof typeof OBJECTIVES;

/** @inline */
type AnyObjective = {
  [N in ObjectiveName]: {
    /** The name of the objective. */
    readonly name: N;
  } & ((typeof OBJECTIVES)[N] extends Objective<infer P> ? P : never);
}[ObjectiveName];

/** An objective with its parameters, every default filled in. */
export type ObjectiveSpec = AnyObjective;

/** The row of an objective, the type of its parameters forgotten. */
export const objectiveRow = ({ name }: ObjectiveSpec): Objective => OBJECTIVES[name] as Objective;
