/**
 * What the two networks minimise. Each objective is a function of the discriminator's scores (shape [N], before any
 * sigmoid) on real and on generated images, and says which divergence its value function estimates.
 */
import { type Fields, integer, optional } from "../core/check.ts";
import { add, meanAll, mul, neg, softplus, square, sub } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { OptimizerSpec } from "./optimizers.ts";

/** Parameters of every objective. */
export interface CommonParameters {
  /** Updates of the discriminator for each one of the generator, 1 to 1000. */
  readonly discriminatorSteps: number;
}

/** One objective. `P` are its parameters with all options filled in. */
export interface Objective<P extends CommonParameters = CommonParameters> {
  readonly fields: Fields<P>;
  /** The optimizer of both networks where the user names none. */
  readonly optimizer: OptimizerSpec;
  /** What the discriminator minimises: scores [N], [N] -> scalar. */
  discriminatorLoss(real: Node, fake: Node, parameters: P): Node;
  /** What the generator minimises: scores [N], [N] by the updated discriminator -> scalar. Its gradient runs through `fake` alone. */
  generatorLoss(real: Node, fake: Node, parameters: P): Node;
  /** The estimate of the divergence between data and generator, a lower bound that the best discriminator attains. */
  divergence(real: Node, fake: Node, parameters: P): Node;
}

/** A row of the table; it keeps the type of its parameters. */
const objective = <P extends CommonParameters>(row: Objective<P>): Objective<P> => row;

/** The field that every objective has. */
export const discriminatorSteps = (fallback: number) => optional(integer(1, 1000), fallback);

const ADAM: OptimizerSpec = { name: "adam", learningRate: 2e-4, betas: [0.5, 0.999], epsilon: 1e-8 };

/** -E log D(x) - E log(1 - D(G(z))) with D = sigmoid(score). */
const crossEntropy = (real: Node, fake: Node): Node => add(meanAll(softplus(neg(real))), meanAll(softplus(fake)));

/** max_D V = 2 JS(data, G) - 2 log 2 (Goodfellow et al. 2014, equation 6), in nats, from 0 to log 2. */
const jensenShannon = (real: Node, fake: Node): Node => sub(Math.LN2, mul(crossEntropy(real, fake), 0.5));

const meanDifference = (a: Node, b: Node): Node => sub(meanAll(a), meanAll(b));

/** ½ E (D(x) - 1)² + ½ E D(G(z))². */
const squaredErrors = (real: Node, fake: Node): Node => mul(add(meanAll(square(sub(real, 1))), meanAll(square(fake))), 0.5);

export const OBJECTIVES = {
  /** Goodfellow et al. 2014, equation 1: the generator minimises E log(1 - D(G(z))), which saturates. */
  minimax: objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: ADAM,
    discriminatorLoss: crossEntropy,
    generatorLoss: (_, fake) => neg(meanAll(softplus(fake))),
    divergence: jensenShannon,
  }),

  /** Goodfellow et al. 2014, section 3: the generator maximises E log D(G(z)) instead. */
  "non-saturating": objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: ADAM,
    discriminatorLoss: crossEntropy,
    generatorLoss: (_, fake) => meanAll(softplus(neg(fake))),
    divergence: jensenShannon,
  }),

  /**
   * Mao et al. 2017, equation 2 with labels a = 0, b = c = 1. The best D = p / (p + q) makes
   * L_D = ½ ∫ p q / (p + q), so 2 - 8 L_D is the triangular discrimination ∫ (p - q)² / (p + q), from 0 to 2.
   */
  "least-squares": objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: ADAM,
    discriminatorLoss: squaredErrors,
    generatorLoss: (_, fake) => mul(meanAll(square(sub(fake, 1))), 0.5),
    divergence: (real, fake) => sub(2, mul(squaredErrors(real, fake), 8)),
  }),

  /**
   * The critic of a Wasserstein GAN: maximise E f(x) - E f(G(z)) over f of bounded slope (Arjovsky, Chintala & Bottou 2017, equation 3). A regularizer has to
   * bound the slope; see the presets of this name and of "wasserstein-gp".
   */
  wasserstein: objective<CommonParameters>({
    fields: { discriminatorSteps: discriminatorSteps(5) },
    optimizer: { name: "rmsprop", learningRate: 5e-5, decay: 0.99, epsilon: 1e-8 },
    discriminatorLoss: (real, fake) => meanDifference(fake, real),
    generatorLoss: (_, fake) => neg(meanAll(fake)),
    divergence: meanDifference,
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
