/** Ways to hold the discriminator to a bounded slope, each to be combined with any objective. */
import { type Fields, integer, optional, positive } from "../core/check.ts";
import { sizeOf } from "../core/shape.ts";
import { add, lerp, maximum, meanAll, minimum, mul, reduceSum, reshape, sqrt, square, sub, sumAll } from "../graph/build.ts";
import { grad } from "../graph/grad.ts";
import type { Node } from "../graph/graph.ts";
import type { Distribution } from "../nn/layers/types.ts";

/** What a penalty may be made of. */
export interface PenaltyContext {
  /** The discriminator in training, as a function of images [N, ...shape] -> scores [N]; `label` tells this pass's random numbers from those of others. */
  judge(images: Node, label: string): Node;
  /** Images of the data and of the generator, [N, ...shape] each. */
  readonly real: Node;
  readonly fake: Node;
  /** Fresh random numbers of this shape, named after what they are for. */
  noise(name: string, shape: readonly number[], distribution: Distribution): Node;
}

/** One regularizer. `P` are its parameters with all options filled in. */
export interface Regularizer<P = object> {
  readonly fields: Fields<P>;
  /** Set where each score must be a function of its own image only: completes "a layer that keeps images apart, as ... needs". */
  readonly imagesAlone?: string;
  /** A scalar added to the discriminator's loss. */
  penalty?(context: PenaltyContext, parameters: P): Node;
  /** Where each weight of the discriminator is moved after its update. */
  project?(weight: Node, parameters: P): Node;
}

/** A row of the table; it keeps the type of its parameters. */
const regularizer = <P>(row: Regularizer<P>): Regularizer<P> => row;

/** The parameter that every penalty has: how often it counts (lazy regularization). */
export interface LazyPenalty {
  /** The penalty counts at every so many updates of the discriminator, from the first on, and then as many times (Karras et al. 2020, appendix B), 1 to 256. Default 1. */
  readonly every: number;
}

const every = optional(integer(1, 256), 1);

export const REGULARIZERS = {
  /** Every weight of the discriminator stays within ± clip: Arjovsky, Chintala & Bottou 2017, algorithm 1, line 7. */
  "weight-clipping": regularizer<{
    /** The largest magnitude of a weight, above 0. Default 0.01. */
    readonly clip: number;
  }>({
    fields: { clip: optional(positive, 0.01) },
    project: (weight, { clip }) => minimum(maximum(weight, -clip), clip),
  }),

  /** A penalty on the norm of the critic's gradient between real and generated images: Gulrajani et al. 2017, equation 3. */
  "gradient-penalty": regularizer<
    LazyPenalty & {
      /** Its weight λ, above 0. Default 10. */
      readonly lambda: number;
    }
  >({
    fields: { lambda: optional(positive, 10), every },
    imagesAlone: "the gradient penalty",
    penalty({ judge, real, fake, noise }, { lambda }) {
      const mix = noise("interpolation", [real.shape[0]!], "uniform");
      return gradientPenalty((x) => judge(x, "between"), real, fake, mix, lambda);
    },
  }),
};

/**
 * The name of a regularizer: a way to hold the discriminator to a bounded slope.
 *
 * @useDeclaredType
 */
export type RegularizerName = keyof typeof REGULARIZERS;

/** @inline */
type AnyRegularizer = {
  [N in RegularizerName]: {
    /** The name of the regularizer. */
    readonly name: N;
  } & ((typeof REGULARIZERS)[N] extends Regularizer<infer P> ? P : never);
}[RegularizerName];

/** A regularizer with its parameters, every default filled in. */
export type RegularizerSpec = AnyRegularizer;

/** The row of a regularizer, the type of its parameters forgotten. */
export const regularizerRow = ({ name }: RegularizerSpec): Regularizer => REGULARIZERS[name] as Regularizer;

// Under the root, so that a gradient of exactly zero has a finite derivative; far below the rounding of any other norm.
const TINY = 1e-12;

/**
 * λ E (‖∇ f(x̂)‖₂ - 1)², one norm an image, at x̂ = ε x + (1 - ε) G(z): Gulrajani et al. 2017, equation 3.
 * The gradient is part of the graph, so that the penalty has a gradient of its own.
 *
 * @param score f: images [N, ...shape] -> [N], each score a function of its own image only
 * @param mix ε, uniform in (0, 1), shape [N]
 * @returns a scalar
 */
export function gradientPenalty(score: (images: Node) => Node, real: Node, fake: Node, mix: Node, lambda: number): Node {
  const n = real.shape[0]!;
  const between = lerp(fake, real, reshape(mix, [n, ...real.shape.slice(1).map(() => 1)]));
  const slope = reshape(grad(sumAll(score(between)), [between])[0]!, [n, sizeOf(real.shape) / n]);
  const norm = sqrt(add(reduceSum(square(slope), [1]), TINY));
  return mul(meanAll(square(sub(norm, 1))), lambda);
}
