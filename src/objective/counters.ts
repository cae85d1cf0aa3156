/** How far training has come. */
export interface Counters {
  /** Updates of the discriminator. */
  readonly discriminator: number;
  /** Updates of the generator. */
  readonly generator: number;
  /** Images of the data that the discriminator was shown. */
  readonly images: number;
  /** What learning rates are multiplied by, above 0 and at most 1. Default 1. */
  readonly learningRateFactor?: number;
}

/** Images of the data in a step: an update of the generator with all those of the discriminator that lead to it. */
export interface StepImages {
  /** Images that the discriminator was shown before the step. */
  readonly before: number;
  /** Images that it is shown in the step. */
  readonly shown: number;
}
