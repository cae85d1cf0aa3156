import type { DiagnosisName } from "./diagnoses.ts";

/** A training that went back to where nothing was wrong. */
export interface Rollback {
  /** Number of the step after which, or in which, something was found wrong. */
  readonly from: number;
  /** Number of the step that it went back to, as that had left the GAN. */
  readonly to: number;
  /** What all learning rates are multiplied by from then on. It is kept in files. */
  readonly learningRateFactor: number;
  /** What was wrong. */
  readonly because: readonly DiagnosisName[];
}
