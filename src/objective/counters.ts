/** How far training has come. */
export interface Counters {
  /** Updates of the discriminator. */
  readonly discriminator: number;
  /** Updates of the generator. */
  readonly generator: number;
  /** Images of the data that the discriminator was shown. */
  readonly images: number;
}
