/**
 * What the two networks minimise. Each objective is a function of the discriminator's scores (shape [N], before any
 * sigmoid) on real and on generated images, and says which divergence its value function estimates.
 */

import { type Fields, integer, optional, positive } from "../core/check.ts";
import { add, meanAll, mul, neg, softplus, square, sub } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { OptimizerSpec } from "./optimizers.ts";

/** Parameters of every objective. */
interface Common {
  /** Updates of the discriminator for each one of the generator. */
  readonly discriminatorSteps: number;
}

/** Every objective by name, with its parameters. */
interface Parameters {
  minimax: Common;
  "non-saturating": Common;
  "least-squares": Common;
  wasserstein: Common & {
    /** Every weight of the discriminator stays within ± clip. */
    readonly clip: number;
  };
  "wasserstein-gp": Common & {
    /** Weight λ of the gradient penalty. */
    readonly lambda: number;
  };
}

export type ObjectiveName = keyof Parameters;
export type ObjectiveSpec = { [N in ObjectiveName]: { readonly name: N } & Parameters[N] }[ObjectiveName];

export interface Objective<P = unknown> {
  readonly fields: Fields<P>;
  /** The optimizer of both networks where the user names none. */
  readonly optimizer: OptimizerSpec;
  /** What the discriminator minimises: [N], [N] -> scalar. */
  discriminatorLoss(real: Node, fake: Node): Node;
  /** What the generator minimises: [N] -> scalar. */
  generatorLoss(fake: Node): Node;
  /** The estimate of the divergence between data and generator, a lower bound that the best discriminator attains. */
  divergence(real: Node, fake: Node): Node;
}

const ADAM: OptimizerSpec = { name: "adam", learningRate: 2e-4, betas: [0.5, 0.999], epsilon: 1e-8 };

const discriminatorSteps = (fallback: number) => optional(integer(1, 1000), fallback);

/** -E log D(x) - E log(1 - D(G(z))) with D = sigmoid(score). */
const crossEntropy = (real: Node, fake: Node): Node => add(meanAll(softplus(neg(real))), meanAll(softplus(fake)));

/** max_D V = 2 JS(data, G) - 2 log 2 (Goodfellow et al. 2014, equation 6), in nats, from 0 to log 2. */
const jensenShannon = (real: Node, fake: Node): Node => sub(Math.LN2, mul(crossEntropy(real, fake), 0.5));

const meanDifference = (a: Node, b: Node): Node => sub(meanAll(a), meanAll(b));

/** The critic of a Wasserstein GAN: maximise E f(x) - E f(G(z)) (Arjovsky, Chintala & Bottou 2017, equation 3). */
const earthMover = {
  discriminatorLoss: (real: Node, fake: Node) => meanDifference(fake, real),
  generatorLoss: (fake: Node) => neg(meanAll(fake)),
  divergence: meanDifference,
};

export const OBJECTIVES: { readonly [N in ObjectiveName]: Objective<Parameters[N]> } = {
  /** Goodfellow et al. 2014, equation 1: the generator minimises E log(1 - D(G(z))), which saturates. */
  minimax: {
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: ADAM,
    discriminatorLoss: crossEntropy,
    generatorLoss: (fake) => neg(meanAll(softplus(fake))),
    divergence: jensenShannon,
  },

  /** Goodfellow et al. 2014, section 3: the generator maximises E log D(G(z)) instead. */
  "non-saturating": {
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: ADAM,
    discriminatorLoss: crossEntropy,
    generatorLoss: (fake) => meanAll(softplus(neg(fake))),
    divergence: jensenShannon,
  },

  /**
   * Mao et al. 2017, equation 2 with labels a = 0, b = c = 1. The best D = p / (p + q) makes
   * L_D = ½ ∫ p q / (p + q), so 2 - 8 L_D is the triangular discrimination ∫ (p - q)² / (p + q), from 0 to 2.
   */
  "least-squares": {
    fields: { discriminatorSteps: discriminatorSteps(1) },
    optimizer: ADAM,
    discriminatorLoss: squaredErrors,
    generatorLoss: (fake) => mul(meanAll(square(sub(fake, 1))), 0.5),
    divergence: (real, fake) => sub(2, mul(squaredErrors(real, fake), 8)),
  },

  /** Arjovsky, Chintala & Bottou 2017, algorithm 1: Lipschitz by clipping weights; the distance up to an unknown factor. */
  wasserstein: {
    fields: { discriminatorSteps: discriminatorSteps(5), clip: optional(positive, 0.01) },
    optimizer: { name: "rmsprop", learningRate: 5e-5, decay: 0.99, epsilon: 1e-8 },
    ...earthMover,
  },

  /** Gulrajani et al. 2017, equation 3 and algorithm 1: Lipschitz by a penalty on the norm of the gradient. */
  "wasserstein-gp": {
    fields: { discriminatorSteps: discriminatorSteps(5), lambda: optional(positive, 10) },
    optimizer: { name: "adam", learningRate: 1e-4, betas: [0, 0.9], epsilon: 1e-8 },
    ...earthMover,
  },
};

/** ½ E (D(x) - 1)² + ½ E D(G(z))². */
function squaredErrors(real: Node, fake: Node): Node {
  return mul(add(meanAll(square(sub(real, 1))), meanAll(square(fake))), 0.5);
}
