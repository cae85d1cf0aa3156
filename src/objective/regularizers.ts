/** Ways to keep training steady, most of them by holding the discriminator to a bounded slope; each to be combined with any objective. */
import { boolean, type Fields, integer, optional, positive, real } from "../core/check.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import {
  add,
  div,
  lerp,
  matmul,
  maximum,
  meanAll,
  minimum,
  mul,
  type Operand,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  select,
  sqrt,
  square,
  sub,
  sumAll,
  transpose,
} from "../graph/build.ts";
import { grad } from "../graph/grad.ts";
import type { Node } from "../graph/graph.ts";
import type { Distribution } from "../nn/layers/types.ts";
import type { ParameterSpec } from "../nn/network.ts";
import { type Curve, type Schedule, scheduleOf } from "./scheduled.ts";

/** What a regularizer may ask of an update for its own use. */
export interface UpdateContext {
  /** Fresh random numbers of this shape, named after what they are for. */
  noise(name: string, shape: readonly number[], distribution: Distribution): Node;
}

/** What a penalty may be made of. */
export interface PenaltyContext extends UpdateContext {
  /** The discriminator in training, as a function of images [N, ...shape] -> scores [N]; `label` tells this pass's random numbers from those of others. */
  judge(images: Node, label: string): Node;
  /** Images of the data and of the generator, [N, ...shape] each. */
  readonly real: Node;
  readonly fake: Node;
  /** What the discriminator's loss grows by when the images of the data are taken for generated ones. Only for rows that say `smoothsLabels`. */
  relabelled(): Node;
}

/** Parameters as a graph has them: one that follows a schedule is an input. */
export type InGraph<P> = { readonly [K in keyof P]: Curve extends P[K] ? Operand : P[K] };

/** What the discriminator's layers use in place of a weight, and a tensor kept beside the weight for it. Of the regularizers of a GAN one may have it. */
export interface Reparameterisation {
  /** What the tensor is called, behind the weight's name and a slash. It begins with numbers from N(0, 1). */
  readonly state: string;
  /** Its shape; null where the weight is used as it is. */
  shape(weight: ParameterSpec): Shape | null;
  /**
   * What stands in for the weight, and the tensor's new value, which an update of the discriminator keeps.
   *
   * @param weight what one differentiates with respect to
   * @param constant the same numbers, for what is to be constant to the derivative
   */
  apply(weight: Node, constant: Node, state: Node, spec: ParameterSpec): { readonly value: Node; readonly state: Node };
}

/** One regularizer. `P` are its parameters with all options filled in. */
export interface Regularizer<P = object> {
  readonly fields: Fields<P>;
  /** Set where the gradient of the sum of all scores must show the slope of each: completes "a layer that keeps images apart, as ... needs". */
  readonly imagesAlone?: string;
  /** Set where the objective must say what its loss is when the images of the data are taken for generated ones. */
  readonly smoothsLabels?: true;
  /** Set where the slope of the discriminator is held to about 1. */
  readonly holdsSlope?: true;
  /** A scalar added to the discriminator's loss. */
  penalty?(context: PenaltyContext, parameters: InGraph<P>): Node;
  /** What the discriminator is shown in training in place of these images, real or generated, [N, ...shape]. */
  perturb?(images: Node, context: UpdateContext, parameters: InGraph<P>): Node;
  /** A scalar that all gradients of a network are multiplied by before its optimizer sees them, from their norm together. */
  gradientScale?(norm: Node, parameters: InGraph<P>): Node;
  /** Where each weight of the discriminator is moved after its update. */
  project?(weight: Node, parameters: InGraph<P>): Node;
  /** What its layers use in place of its weights. */
  readonly reparameterisation?: Reparameterisation;
}

/** A row of the table; it keeps the type of its parameters. */
const regularizer = <P>(row: Regularizer<P>): Regularizer<P> => row;

/** The parameter that every penalty has: how often it counts (lazy regularization). */
export interface LazyPenalty {
  /** The penalty counts at every so many updates of the discriminator, from the first on, and then as many times (Karras et al. 2020, appendix B), 1 to 256. Default 1. */
  readonly every: number;
}

const every = optional(integer(1, 256), 1);

/** Parameters of a penalty on the squared slope of the discriminator. */
export interface SquaredSlope extends LazyPenalty {
  /** Its weight γ, above 0, or its schedule. Default 1. */
  readonly gamma: Schedule;
}

/** The weight of a penalty. */
export const WEIGHT = scheduleOf(positive, real(0));

const half = (weight: Operand): Operand => (typeof weight === "number" ? weight / 2 : mul(weight, 0.5));

export const REGULARIZERS = {
  /** Every weight of the discriminator stays within ± clip: Arjovsky, Chintala & Bottou 2017, algorithm 1, line 7. */
  "weight-clipping": regularizer<{
    /** The largest magnitude of a weight, above 0. Default 0.01. */
    readonly clip: number;
  }>({
    fields: { clip: optional(positive, 0.01) },
    project: (weight, { clip }) => minimum(maximum(weight, -clip), clip),
  }),

  /**
   * Every matrix and filter W of the discriminator is used as W / σ(W), its largest singular value σ found by the power method: Miyato et al. 2018, algorithm 1, one iteration
   * an update of the discriminator. All that judges between two updates, the generator's turn among it, uses the same weights.
   */
  "spectral-norm": regularizer<object>({
    fields: {},
    reparameterisation: {
      state: "spectral.u",
      shape: ({ shape, outputAxis }) => (outputAxis === undefined ? null : [shape[outputAxis]!, 1]),
      apply(weight, constant, state, { outputAxis }) {
        const [w, fixed] = [asMatrix(weight, outputAxis!), asMatrix(constant, outputAxis!)];
        const v = direction(matmul(fixed, state));
        const turned = matmul(fixed, v, { transposeA: true });
        // Weights that begin at zero, as those of fix-up initialisation do, have no direction yet, and stay as they are.
        const u = select(sumAll(square(turned)), direction(turned), state);
        const largest = sumAll(mul(matmul(w, u), v));
        return { value: div(weight, select(largest, largest, 1)), state: u };
      },
    },
  }),

  /**
   * Noise N(0, σ²) on every number of the images, real and generated alike, that the discriminator judges in training, the same in both networks' turns: Sønderby et al. 2017,
   * section 3.2; Arjovsky & Bottou 2017, section 3.
   */
  "instance-noise": regularizer<{
    /** σ, above 0, at most 100, or its schedule, which may end at 0. Default 0.1. */
    readonly stdDev: Schedule;
  }>({
    fields: { stdDev: optional(scheduleOf(real(1e-6, 100), real(0, 100)), 0.1) },
    perturb: (images, { noise }, { stdDev }) => add(images, mul(noise("instance", images.shape, "normal"), stdDev)),
  }),

  /** Images of the data are real with this probability only, generated ones never: one-sided label smoothing, Salimans et al. 2016, section 3.4. */
  "label-smoothing": regularizer<{
    /** The label of the images of the data, 0.5 to 1. Default 0.9. */
    readonly label: number;
  }>({
    fields: { label: optional(real(0.5, 1), 0.9) },
    smoothsLabels: true,
    penalty: ({ relabelled }, { label }) => mul(relabelled(), 1 - label),
  }),

  /** The gradients of each network together are made no longer than this: Pascanu, Mikolov & Bengio 2013, algorithm 1. */
  "gradient-clipping": regularizer<{
    /** The largest norm of a network's gradients together, 1e-6 to 1e30. Default 1. */
    readonly norm: number;
  }>({
    fields: { norm: optional(real(1e-6, 1e30), 1) },
    gradientScale: (length, { norm }) => div(norm, maximum(length, norm)),
  }),

  /** A penalty on the norm of the critic's gradient between real and generated images: Gulrajani et al. 2017, equation 3. */
  "gradient-penalty": regularizer<
    LazyPenalty & {
      /** Its weight λ, above 0, or its schedule. Default 10. */
      readonly lambda: Schedule;
      /** Whether norms below 1 go free (Petzka, Fischer & Lukovnikov 2018, equation 8). Default false. */
      readonly oneSided: boolean;
    }
  >({
    fields: { lambda: optional(WEIGHT, 10), oneSided: optional(boolean, false), every },
    imagesAlone: "the gradient penalty",
    holdsSlope: true,
    penalty({ judge, real, fake, noise }, { lambda, oneSided }) {
      const mix = noise("interpolation", [real.shape[0]!], "uniform");
      const between = lerp(fake, real, perImage(mix, real));
      return mul(
        slopePenalty((x) => judge(x, "between"), between, { oneSided }),
        lambda,
      );
    },
  }),

  /** γ/2 E ‖∇ D(x)‖² at the images of the data: Mescheder, Geiger & Nowozin 2018, equation 9. */
  r1: regularizer<SquaredSlope>({
    fields: { gamma: optional(WEIGHT, 1), every },
    imagesAlone: "R1",
    penalty: ({ judge, real }, { gamma }) => mul(meanAll(squaredSlopes((x) => judge(x, "r1"), real)), half(gamma)),
  }),

  /** γ/2 E ‖∇ D(G(z))‖² at generated images: Mescheder, Geiger & Nowozin 2018, equation 10. */
  r2: regularizer<SquaredSlope>({
    fields: { gamma: optional(WEIGHT, 1), every },
    imagesAlone: "R2",
    penalty: ({ judge, fake }, { gamma }) => mul(meanAll(squaredSlopes((x) => judge(x, "r2"), fake)), half(gamma)),
  }),

  /**
   * λ E (‖∇ D(x + δ)‖ - 1)² around the images of the data, δ uniform in a box: Kodali, Abernethy, Hays & Kira 2017, section 2.3 and, for δ and its share in x, their published
   * code: x + α s u with α and u uniform in (0, 1) and s a share of the standard deviation of all numbers of the batch.
   */
  dragan: regularizer<
    LazyPenalty & {
      /** Its weight λ, above 0, or its schedule. Default 10. */
      readonly lambda: Schedule;
      /** How far δ reaches, in standard deviations of the numbers of a batch, above 0, at most 100. Default 0.5. */
      readonly reach: number;
    }
  >({
    fields: { lambda: optional(WEIGHT, 10), reach: optional(real(0.001, 100), 0.5), every },
    imagesAlone: "DRAGAN",
    penalty({ judge, real, noise }, { lambda, reach }) {
      const deviation = sqrt(add(reduceMean(square(sub(real, reduceMean(real)))), TINY));
      const share = perImage(noise("share", [real.shape[0]!], "uniform"), real);
      const around = add(real, mul(mul(noise("offset", real.shape, "uniform"), share), mul(deviation, reach)));
      return mul(
        slopePenalty((x) => judge(x, "around"), around),
        lambda,
      );
    },
  }),
};

/**
 * The name of a regularizer: a way to keep training steady.
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
// The smallest number that a float32 tells exactly.
const SMALLEST = 2 ** -126;

/**
 * What the scores of images are a function of: images [N, ...shape] -> scores [N], each a function of its own image, and of the others at most by how much they differ (`minibatchStdDev`). Then
 * a group is one example of a discriminator whose score is the sum of theirs, and the slope that of this one.
 */
type Score = (images: Node) => Node;

/** ‖∇ f(x)‖² of each image of x, [N]. The gradient is part of the graph, so that what is made of it has a gradient of its own. */
export function squaredSlopes(score: Score, images: Node): Node {
  const n = images.shape[0]!;
  const slope = reshape(grad(sumAll(score(images)), [images])[0]!, [n, sizeOf(images.shape) / n]);
  return reshape(reduceSum(square(slope), [1]), [n]);
}

/**
 * E (‖∇ f(x)‖ - 1)²: Gulrajani et al. 2017, equation 3.
 *
 * @param oneSided whether norms below 1 count as 1: Petzka, Fischer & Lukovnikov 2018, equation 8
 * @returns a scalar
 */
export function slopePenalty(score: Score, images: Node, { oneSided = false } = {}): Node {
  const excess = sub(sqrt(add(squaredSlopes(score, images), TINY)), 1);
  return meanAll(square(oneSided ? relu(excess) : excess));
}

/** The factors of weighted sums as a matrix [terms, sums]. */
function asMatrix(weight: Node, outputAxis: number): Node {
  const axes = weight.shape.map((_, axis) => axis);
  const last = transpose(weight, [...axes.filter((axis) => axis !== outputAxis), outputAxis]);
  const sums = weight.shape[outputAxis]!;
  return reshape(last, [sizeOf(weight.shape) / sums, sums]);
}

/** A vector of length 1; zeros stay zeros. */
const direction = (x: Node): Node => div(x, sqrt(maximum(sumAll(square(x)), SMALLEST)));

/** One number for each image, [N], as it is combined with images [N, ...shape]. */
const perImage = (x: Node, images: Node): Node =>
  reshape(
    x,
    images.shape.map((size, axis) => (axis === 0 ? size : 1)),
  );
