/** What a step of training tells of itself. To add a report: a row here. */
import { add, greater, meanAll, mul } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Adaptation } from "./augment.ts";
import { objectiveRow } from "./objectives.ts";
import type { TrainableSpec } from "./spec.ts";

/** What is known once the discriminator has had its turn. Scores are those before its update, [N] each. */
export interface DiscriminatorView {
  readonly spec: TrainableSpec;
  readonly realScores: Node;
  readonly fakeScores: Node;
  readonly loss: Node;
  /** Null where the augmentation is not adaptive. */
  readonly adaptation: Adaptation | null;
}

/** What is known once the generator has had its turn as well. */
export interface GeneratorView {
  readonly spec: TrainableSpec;
  readonly loss: Node;
}

/** One report: a scalar of a step. */
type Report = {
  /** The name of the list of its values, one a step, in what `train` gives. */
  readonly series: string;
  /** Of which GANs it is told. Default: all. */
  where?(spec: Pick<TrainableSpec, "augment">): boolean;
} & ({ readonly turn: "discriminator"; of(view: DiscriminatorView): Node } | { readonly turn: "generator"; of(view: GeneratorView): Node });

function accuracy({ spec: { objective }, realScores, fakeScores }: DiscriminatorView): Node {
  const { verdict } = objectiveRow(objective);
  if (!verdict) return meanAll(greater(realScores, fakeScores));
  const right = add(greater(verdict(realScores, objective), 0), greater(0, verdict(fakeScores, objective)));
  return mul(meanAll(right), 0.5);
}

const adapts = ({ augment }: Pick<TrainableSpec, "augment">): boolean => augment !== false && "adaptive" in augment;

export const REPORTS = {
  /** What the discriminator minimises, penalties included, before its update. */
  discriminatorLoss: { series: "discriminatorLosses", turn: "discriminator", of: ({ loss }) => loss },

  /** The objective's own estimate of how far the images are from the data, before the discriminator's update. */
  divergence: {
    series: "divergences",
    turn: "discriminator",
    of: ({ spec: { objective }, realScores, fakeScores }) => objectiveRow(objective).divergence(realScores, fakeScores, objective),
  },

  /** The discriminator's mean score of the images of the data, before any sigmoid and before its update. */
  realScore: { series: "realScores", turn: "discriminator", of: ({ realScores }) => meanAll(realScores) },

  /** The discriminator's mean score of the generator's images, before any sigmoid and before its update. */
  fakeScore: { series: "fakeScores", turn: "discriminator", of: ({ fakeScores }) => meanAll(fakeScores) },

  /**
   * How often the discriminator is right, from 0 to 1, before its update: the mean of its shares of images of the data and of generated ones that it takes for what they are, or, for
   * objectives that compare scores ("relativistic", "wasserstein"), the share of pairs in which the image of the data has the higher one. Ties are errors.
   */
  discriminatorAccuracy: { series: "discriminatorAccuracies", turn: "discriminator", of: accuracy },

  /** What the generator minimises, as the updated discriminator judges it. */
  generatorLoss: { series: "generatorLosses", turn: "generator", of: ({ loss }) => loss },

  /** With what probability each augmentation was done to the images of the step's last update of the discriminator; only where it is adaptive. */
  augmentProbability: { series: "augmentProbabilities", turn: "discriminator", where: adapts, of: ({ adaptation }) => adaptation!.probability },

  /** How sure the discriminator is of images of the data, -1 to 1, which the probability follows: the mean sign of its scores, smoothed over about four updates; only where it is adaptive. */
  augmentCertainty: { series: "augmentCertainties", turn: "discriminator", where: adapts, of: ({ adaptation }) => adaptation!.certainty },
} as const satisfies Readonly<Record<string, Report>>;

/**
 * The name of a report.
 *
 * @useDeclaredType
 */
export type ReportName = keyof typeof REPORTS;

/** The names of the reports that a GAN tells. */
export const reportNames = (spec: Pick<TrainableSpec, "augment">): ReportName[] =>
  Object.entries<Report>(REPORTS).flatMap(([name, { where }]) => (where?.(spec) === false ? [] : [name as ReportName]));

/**
 * The reports of one step.
 *
 * @interface
 */
export type StepValues = {
  readonly [N in keyof typeof REPORTS as (typeof REPORTS)[N] extends Record<"where", unknown> ? never : N]: number;
} & {
  readonly [N in keyof typeof REPORTS as (typeof REPORTS)[N] extends Record<"where", unknown> ? N : never]?: number;
};

/**
 * The reports of many steps, a list for each: `discriminatorLosses`, `divergences`, `realScores`, `fakeScores`, `discriminatorAccuracies` and `generatorLosses`, and of a GAN whose augmentation is adaptive
 * `augmentProbabilities` and `augmentCertainties`. Element i of a list belongs to step i, and is what {@link StepValues} tells of that step by the name in the singular.
 */
export type StepSeries = {
  readonly [N in ReportName as (typeof REPORTS)[N] extends Record<"where", unknown> ? never : (typeof REPORTS)[N]["series"]]: Float32Array;
} & {
  readonly [N in ReportName as (typeof REPORTS)[N] extends Record<"where", unknown> ? (typeof REPORTS)[N]["series"] : never]?: Float32Array;
};

/** Asks for the reports of the discriminator's turn as fetches of their names. */
export function fetchDiscriminatorReports(view: DiscriminatorView): void {
  for (const [name, row] of told(view.spec)) if (row.turn === "discriminator") view.loss.graph.fetch(name, row.of(view));
}

/** Asks for those of the generator's turn. */
export function fetchGeneratorReports(view: GeneratorView): void {
  for (const [name, row] of told(view.spec)) if (row.turn === "generator") view.loss.graph.fetch(name, row.of(view));
}

const told = (spec: TrainableSpec): [ReportName, Report][] => reportNames(spec).map((name) => [name, REPORTS[name]]);
