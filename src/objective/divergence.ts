/** What the divergence of a report means: of which kind it is, and between which bounds. */
import { type DivergenceName, objectiveRow } from "./objectives.ts";
import { regularizerRow } from "./regularizers.ts";
import type { LearningSpec } from "./spec.ts";

/** Of which kind the divergence is that an objective estimates. */
export interface DivergenceKind {
  /**
   * What is estimated, with p the density of the data and q that of the generator.
   *
   * - `"jensen-shannon"` ("minimax", "non-saturating"): JS(p, q) = V / 2 + log 2 with V = E log D(x) + E log(1 - D(G(z))), in nats, from 0 to log 2 (Goodfellow et al. 2014, equation 6).
   * - `"triangular-discrimination"` ("least-squares"): ∫ (p - q)² / (p + q), from 0 to 2 (the Pearson χ² of Mao et al. 2017, theorem 1).
   * - `"total-variation"` ("hinge"): ½ ∫ |p - q|, from 0 to 1, of which the hinge loss gives 1 - L / 2 (Lim & Ye 2017, theorem 3).
   * - `"jensen-shannon-of-pairs"` ("relativistic"): the JS divergence of pairs (real, generated) and pairs (generated, real), in nats, from 0 to log 2. It is not that of single images, which is smaller.
   * - `"wasserstein-1"` ("wasserstein"): W₁(p, q) = sup E f(x) - E f(G(z)) over f of slope at most 1, in units of the data's distances (Arjovsky, Chintala & Bottou 2017, equation 2).
   */
  readonly name: DivergenceName;
  /** The most that it can be, which it is where data and generator nowhere overlap; `Infinity` (null in JSON) where there is no bound. */
  readonly ceiling: number;
  /**
   * Whether it is known up to a positive factor alone: of "wasserstein", unless "gradient-penalty" holds the slope of the discriminator to about 1. Weight clipping bounds the slope, but nobody knows by what;
   * so does "spectral-norm", as a convolution may stretch by more than its filter's largest singular value (Sedghi, Gupta & Long 2019), and residual blocks add to each other.
   */
  readonly upToFactor: boolean;
}

/**
 * A divergence between data and generator as it was estimated: a lower bound, but for the chance of a batch, that rises to the divergence as the discriminator gets better. There are two exceptions:
 *
 * - "gradient-penalty" does not forbid a slope above 1, it makes it costly. The best critic is steeper, and tells W₁ (1 + W₁ / 2λ) or more: 5 % too much or more at W₁ = λ / 10, twice as much or more at
 *   W₁ = 2λ.
 * - A discriminator in which images meet ("batchNorm", "minibatchStdDev") tells batches, or groups, from each other, which is easier (Lin et al. 2018). What it estimates is the divergence of those, which is larger than
 *   that of images.
 */
export interface Divergence extends DivergenceKind {
  /** The estimate on images that the discriminator is trained on, within 0 and `ceiling`. */
  readonly value: number;
  /** The estimate on images held out by `validation`, which the discriminator has never seen, the last time that it was made: after the first and the last step of a call, and with every probe. Undefined where none are held out. */
  readonly heldOut: number | undefined;
  /**
   * How much higher the estimate was on images of the training than on those held out, the last time: what the discriminator knows by heart, and what does not tell data from generator. Undefined where
   * `heldOut` is.
   */
  readonly gap: number | undefined;
}

/** What the reports' divergence is. */
export function divergenceKind({ objective, regularizers }: Pick<LearningSpec, "objective" | "regularizers">): DivergenceKind {
  const { name, ceiling, presumesSlope = false } = objectiveRow(objective).estimates;
  return { name, ceiling, upToFactor: presumesSlope && !regularizers.some((regularizer) => regularizerRow(regularizer).holdsSlope) };
}

/** An estimate within the bounds of what is estimated: by chance, or by a poor discriminator, it may be outside. */
export const withinBounds = (estimate: number, { ceiling }: DivergenceKind): number => Math.min(Math.max(estimate, 0), ceiling);
