/** What is known of a training between one probe and the next. */
import type { DivergenceKind } from "../../objective/divergence.ts";
import type { StepValues } from "../../objective/reports.ts";
import type { Rows } from "./distances.ts";

/** What was found when both networks were looked at, and the means over the steps since they were last. */
export interface ProbeReport {
  /** Number of the step after which it was made. */
  readonly step: number;
  /** The divergence, on the batches since the last probe: the mean. */
  readonly divergence: number;
  /** The same of images held out; undefined where none are. */
  readonly heldOut: number | undefined;
  /** How much higher the estimate is on images of the training than on as many held out, by the discriminator as it is and before either is held within its bounds; undefined where none are held out. */
  readonly gap: number | undefined;
  /** The mean of `discriminatorAccuracy` over these steps. */
  readonly accuracy: number;
  /** The mean magnitude of the discriminator's and the generator's losses over these steps, the larger of both. */
  readonly loss: number;
  /** Standard deviation of the discriminator's scores over images of the data and generated ones, over their root mean square: 0 where it says the same of everything. */
  readonly scoreSpread: number;
  /** Norm of the gradient of the objective's loss of the generator, without that of classes, with respect to its weights. */
  readonly generatorGradient: number;
  /** Norm of all weights of the generator. */
  readonly generatorWeights: number;
  /** Norm of all weights of the discriminator. */
  readonly discriminatorWeights: number;
  /**
   * How many different images the generator seems to make of 64 latents (fewer where batches are smaller, or do not divide it), against how many there seem to be among as many of the data: a ratio of Vendi scores of order 2 (Pasarkar & Dieng 2023), about 1 where they differ as much
   * from each other. Compared are pixels, at most 8 x 8 of a picture, means over squares.
   */
  readonly diversity: number;
  /** The same of what the discriminator's last layer takes, of 64 numbers of it. */
  readonly featureDiversity: number;
  /** The share of generated images that have a twin among the 64: another one nearer than a tenth of what is usual among 64 of the data. */
  readonly duplicates: number;
  /** The share of images of the data with such a twin. */
  readonly dataDuplicates: number;
  /** The median distance of 16 generated images to the nearest image of the data, of at most 1,024 that are remembered, over the same of images of the data to each other (or of those held out). */
  readonly nearest: number;
  /** How far the images of the same 64 latents are from those of the probe before, over the data's root mean square distance from each other; undefined at the first probe. */
  readonly moved: number | undefined;
}

/** A probe with what later ones are compared with. */
export interface Record extends ProbeReport {
  /** The images of the fixed latents, in small. */
  readonly samples: Rows;
  /** Mean squared distance of two images of the data. */
  readonly dataDistance: number;
  /** Standard deviation of the discriminator's scores over images of the data and generated ones. */
  readonly scoreDeviation: number;
}

/** What diagnoses are made from. */
export interface Course {
  readonly divergence: DivergenceKind;
  /** The last probes, the latest last: at least one. */
  readonly records: readonly Record[];
}

/** Means over the steps since the last probe. */
export class Window {
  #steps = 0;
  #sums = { divergence: 0, accuracy: 0, discriminatorLoss: 0, generatorLoss: 0 };

  note({ divergence, discriminatorAccuracy, discriminatorLoss, generatorLoss }: StepValues): void {
    this.#steps++;
    this.#sums.divergence += divergence;
    this.#sums.accuracy += discriminatorAccuracy;
    this.#sums.discriminatorLoss += Math.abs(discriminatorLoss);
    this.#sums.generatorLoss += Math.abs(generatorLoss);
  }

  /** The means so far. */
  get means(): Pick<ProbeReport, "divergence" | "accuracy" | "loss"> {
    const steps = Math.max(1, this.#steps);
    const { divergence, accuracy, discriminatorLoss, generatorLoss } = this.#sums;
    return { divergence: divergence / steps, accuracy: accuracy / steps, loss: Math.max(discriminatorLoss, generatorLoss) / steps };
  }

  /** Begins anew. */
  begin(): void {
    this.#steps = 0;
    this.#sums = { divergence: 0, accuracy: 0, discriminatorLoss: 0, generatorLoss: 0 };
  }
}
