/** Names for an objective together with the regularizers and the optimizer that its paper has it with. */
import { type Check, type Fields, integer, optional, positive } from "../core/check.ts";
import type { Averaging } from "./averaging.ts";
import type { Kind } from "./kinds.ts";
import { type CommonParameters, discriminatorSteps, OBJECTIVES, type ObjectiveName } from "./objectives.ts";
import type { OptimizerSpec } from "./optimizers.ts";
import { type RegularizerSpec, WEIGHT } from "./regularizers.ts";
import type { Curve, Schedule } from "./scheduled.ts";

/** One preset. `P` are the parameters that may stand beside its name. */
export interface Preset<P = object> {
  readonly objective: ObjectiveName;
  readonly fields: Fields<P & CommonParameters>;
  optimizer(kind: Kind, parameters: P): OptimizerSpec;
  /** The regularizers where the user names none. */
  regularizers(parameters: P, kind: Kind): readonly RegularizerSpec[];
  /** The moving average where the user names none. Default: that of all others. */
  ema?(parameters: P): Averaging;
  /** Those of its own fields that are about more than its regularizers. */
  readonly shared?: readonly (keyof P)[];
}

const preset = <P>(row: Preset<P>): Preset<P> => row;

/** Null where the default depends on the kind of data. */
const suited = <T>(check: Check<T>): Check<T | null> =>
  optional<T | null>((value, path, faults) => (value === null ? null : check(value, path, faults)), null);

/** Half a wave from one number to another. */
const wave = (from: number, to: number, images: number): Curve => ({ curve: "cosine", from, to, images });

/** By name. An objective that is not here stands for itself, without regularizers. */
export const PRESETS = {
  /**
   * The loss of Goodfellow et al. 2014, section 3, held steady by a penalty on slopes at the images of the data (Mescheder, Geiger & Nowozin 2018, equation 9), counted lazily
   * (Karras et al. 2020, appendix B): what is learned with where nothing else is named, as it did best of what was tried (bench/LEARNING.md).
   */
  "non-saturating-r1": preset<{
    /** Weight γ of R1, or its schedule; null for the default, 1 (of points 0.02). */
    readonly gamma: Schedule | null;
    /** R1 counts at every so many updates of the discriminator, 1 to 256; null for the default, 8 (of points 1). */
    readonly every: number | null;
  }>({
    objective: "non-saturating",
    fields: { discriminatorSteps: discriminatorSteps(1), gamma: suited(WEIGHT), every: suited(integer(1, 256)) },
    optimizer: OBJECTIVES["non-saturating"].optimizer,
    regularizers: ({ gamma, every }, kind) => [
      { name: "r1", gamma: gamma ?? (kind === "points" ? 0.02 : 1), every: every ?? (kind === "points" ? 1 : 8) },
    ],
  }),

  /** Arjovsky, Chintala & Bottou 2017, algorithm 1: Lipschitz by clipping weights; the distance up to an unknown factor. */
  wasserstein: preset<{
    /** Every weight of the discriminator stays within ± clip; null for the default, 0.01 (of points 0.1, as what small layers make of them would vanish). */
    readonly clip: number | null;
  }>({
    objective: "wasserstein",
    fields: { discriminatorSteps: discriminatorSteps(5), clip: suited(positive) },
    optimizer: OBJECTIVES.wasserstein.optimizer,
    regularizers: ({ clip }, kind) => [{ name: "weight-clipping", clip: clip ?? (kind === "points" ? 0.1 : 0.01) }],
  }),

  /** Gulrajani et al. 2017, equation 3 and algorithm 1: Lipschitz by a penalty on the norm of the gradient. */
  "wasserstein-gp": preset<{
    /** Weight λ of the gradient penalty, or its schedule. Default 10. */
    readonly lambda: Schedule;
  }>({
    objective: "wasserstein",
    fields: { discriminatorSteps: discriminatorSteps(5), lambda: optional(WEIGHT, 10) },
    optimizer: (kind) => ({ name: "adam", learningRate: kind === "points" ? 1e-3 : 1e-4, betas: [0, 0.9], epsilon: 1e-8 }),
    regularizers: ({ lambda }) => [{ name: "gradient-penalty", lambda, oneSided: false, every: 1 }],
  }),

  /** Miyato, Kataoka, Koyama & Yoshida 2018, equations 16 and 17 with algorithm 1 and the numbers of their residual networks: hinge loss, Lipschitz by spectral normalisation. */
  sngan: preset<object>({
    objective: "hinge",
    fields: { discriminatorSteps: discriminatorSteps(5) },
    optimizer: () => ({ name: "adam", learningRate: 2e-4, betas: [0, 0.9], epsilon: 1e-8 }),
    regularizers: () => [{ name: "spectral-norm" }],
  }),

  /**
   * Huang, Gokaslan, Kuleshov & Tompkin 2024: relativistic pairs with R1 and R2. Over a burn-in their weight and the learning rate fall, while Adam and the moving average come to remember
   * longer, along half a wave, by the numbers that they have for small images.
   */
  r3gan: preset<{
    /** Weight γ of R1 and R2, or its schedule; null for the default, from 1 to 0.1 over the burn-in. */
    readonly gamma: Schedule | null;
    /** Images of the data that the burn-in lasts, 1 to 2^53 - 1. Default 1,000,000 (for CIFAR-10 they have 20,000,000). */
    readonly burnIn: number;
  }>({
    objective: "relativistic",
    fields: { discriminatorSteps: discriminatorSteps(1), gamma: suited(WEIGHT), burnIn: optional(integer(1, Number.MAX_SAFE_INTEGER), 1_000_000) },
    shared: ["burnIn"],
    optimizer: (_, { burnIn }) => ({ name: "adam", learningRate: wave(2e-4, 5e-5, burnIn), betas: [0, wave(0.9, 0.99, burnIn)], epsilon: 1e-8 }),
    regularizers: ({ gamma, burnIn }) => (["r1", "r2"] as const).map((name) => ({ name, gamma: gamma ?? wave(1, 0.1, burnIn), every: 1 })),
    ema: ({ burnIn }) => ({ halfLife: wave(0, 500_000, burnIn), rampUp: 0 }),
  }),
};

/**
 * The name of a preset: an objective together with the regularizers and the optimizer that its paper has it with.
 *
 * @useDeclaredType
 */
export type PresetName = keyof typeof PRESETS;

/** @inline */
type AnyPreset = {
  [N in PresetName]: {
    /** The name of the preset. */
    readonly name: N;
  } & Partial<CommonParameters & ((typeof PRESETS)[N] extends Preset<infer P> ? P : never)>;
}[PresetName];

/** A preset by name, with what may stand beside it. */
export type PresetOptions = AnyPreset;
