/** The description of how a GAN learns: what a user writes, what it means in full, and every fault it may have. */
import { type Check, type Fields, fieldsOf, integer, isRecord, type Loose, list, oneOf, optional, that, variant } from "../core/check.ts";
import { type ErrorDetail, show } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { ArchitectureName } from "../nn/architectures/table.ts";
import type { NetworkSpec } from "../nn/spec.ts";
import { type AugmentOptions, type AugmentSpec, augment, checkAugment } from "./augment.ts";
import type { AugmentationName } from "./augmentations.ts";
import { type Averaging, type AveragingOptions, averaging } from "./averaging.ts";
import { type Kind, kindOfData } from "./kinds.ts";
import { OBJECTIVES, type ObjectiveName, type ObjectiveSpec, objectiveRow } from "./objectives.ts";
import { OPTIMIZERS, type OptimizerSpec } from "./optimizers.ts";
import { PRESETS, type Preset, type PresetName, type PresetOptions } from "./presets.ts";
import { REGULARIZERS, type RegularizerName, type RegularizerSpec, regularizerRow } from "./regularizers.ts";

/** @inline */
type NamedOptimizer = Loose<OptimizerSpec>;

/** An optimizer by name, or only some numbers of the objective's own one. What is left out has its default. */
export type OptimizerOptions =
  | NamedOptimizer
  | (Partial<OptimizerSpec> & {
      /** Left out: the optimizer of what `objective` stands for. */
      readonly name?: undefined;
    });

/** How a GAN learns. Nothing must be given. */
export interface LearningOptions {
  /**
   * What the networks minimise, by name or with parameters of its own. "wasserstein" stands for the objective with clipped weights, "wasserstein-gp" for the
   * same with a gradient penalty, "non-saturating-r1" for that with R1, "sngan" for hinge with spectral normalisation, "r3gan" for relativistic with R1 and R2; every other name for an objective
   * without regularizers. Default "sngan" for architecture "resnet", "r3gan" for "r3gan", and else "non-saturating-r1", or "non-saturating" where images meet in batch norm among the
   * discriminator's own layers.
   */
  readonly objective?: ObjectiveName | PresetName | Loose<ObjectiveSpec> | PresetOptions | undefined;
  /**
   * What keeps training steady, such as a bound on the slope of the discriminator, each by name or with parameters of its own. Default: what `objective` stands for. Where neither that
   * nor an architecture with a default of its own is named, R1: on vectors with `gamma` 0.02, on images with 1 at every 8th update, and none if images meet in batch norm in a discriminator
   * given layer by layer.
   */
  readonly regularizers?: readonly (RegularizerName | Loose<RegularizerSpec>)[] | undefined;
  /**
   * How weights change by their gradients, for each network. Default: the optimizer of what `objective` stands for. That is RMSProp for "wasserstein" (at 5e-4 on vectors, 5e-5 on images),
   * Adam with `betas` [0, 0.9] for "wasserstein-gp" (at 1e-3 and 1e-4) and "sngan" (at 2e-4), with a second one from 0.9 to 0.99 for "r3gan" (from 2e-4 to 5e-5), and for all others Adam with [0, 0.99], on vectors at 3e-3, falling to 1e-3 over a million images of the data, on
   * images at 2e-3, and at 1e-3 where a side is above 32.
   */
  readonly optimizer?:
    | {
        /** The generator's optimizer. */
        readonly generator?: OptimizerOptions | undefined;
        /** The discriminator's optimizer. */
        readonly discriminator?: OptimizerOptions | undefined;
      }
    | undefined;
  /** The moving average of the generator that samples are drawn from; false for none. Default `{ halfLife: 50_000, rampUp: 0.05 }`; with "r3gan" a half-life from 0 to 500_000. */
  readonly ema?: AveragingOptions | false | undefined;
  /**
   * What is done at random to all images that the discriminator is shown in training, of the data and generated ones alike, so that few images are not known by heart and what is done to them does not show in those
   * that are generated: `["translation", "color", "cutout"]`, say (Zhao et al. 2020), or `{ policy: ["flip", "color"], adaptive: {} }` for a probability that follows how sure the discriminator is (Karras et al. 2020).
   * Penalties on slopes are on those at images as they are shown. Of images alone. Default: none, which false, null and `[]` say too.
   */
  readonly augment?: readonly AugmentationName[] | AugmentOptions | false | null | undefined;
  /** Images of one training step, 1 to 65536. Default 64. */
  readonly batchSize?: number | undefined;
  /**
   * Parts that each batch is taken in, one after the other, with the memory of one: their gradients add up, and make one update. A divisor of `batchSize`, 1 to 1024. Means over the batch are means over the parts' means. In batch norm, and
   * wherever else images meet in a network, it is the images of a part that do, and running statistics move at each part; objectives of pairs pair within a part, and "dragan" takes the deviation of one. A step takes longer by a pass of the generator, which makes its
   * images again in its own turn. Where no images meet, training is that of the whole batch but for rounding. Default 1.
   */
  readonly accumulate?: number | undefined;
}

/** How a GAN learns in full, as plain JSON: itself valid `LearningOptions` that resolve to the same. */
export interface LearningSpec extends LearningOptions {
  /** What the networks minimise. */
  readonly objective: ObjectiveSpec;
  /** What keeps training steady, such as a bound on the slope of the discriminator. */
  readonly regularizers: readonly RegularizerSpec[];
  /** How weights change by their gradients, for each network. */
  readonly optimizer: {
    /** The generator's optimizer. */
    readonly generator: OptimizerSpec;
    /** The discriminator's optimizer. */
    readonly discriminator: OptimizerSpec;
  };
  /** The moving average of the generator that samples are drawn from; false for none. */
  readonly ema: Averaging | false;
  /** What is done at random to all images that the discriminator is shown in training; false for nothing. */
  readonly augment: AugmentSpec | false;
  /** Images of one training step. */
  readonly batchSize: number;
  /** Parts that each batch is taken in, one after the other. */
  readonly accumulate: number;
}

/** Everything that the graphs of training follow from. */
export interface TrainableSpec extends NetworkSpec, Omit<LearningSpec, keyof NetworkSpec> {}

/** What was chosen by `objective`: the row itself, and what goes with it unless told otherwise. */
interface Choice {
  readonly spec: ObjectiveSpec;
  optimizer(kind: Kind): OptimizerSpec;
  regularizers(kind: Kind): readonly RegularizerSpec[];
  readonly ema: Averaging;
  /** Parameters given that are a regularizer's. */
  readonly given: readonly string[];
}

/** Options checked one by one, before they are held against each other. */
export interface LearningFields {
  /** Null where none was named. */
  readonly objective: Choice | null;
  readonly regularizers: readonly RegularizerSpec[] | null;
  readonly optimizer: unknown;
  /** Null where nothing was said of it. */
  readonly ema: Averaging | false | null;
  readonly augment: AugmentSpec | false;
  readonly batchSize: number;
  readonly accumulate: number;
}

/** Long enough for an average over much, and never more than a twentieth of the training that there was. */
const AVERAGING: Averaging = { halfLife: 50_000, rampUp: 0.05 };

const fieldsByName = (rows: Readonly<Record<string, { readonly fields: object }>>) =>
  Object.fromEntries(Object.entries(rows).map(([name, { fields }]) => [name, fields]));

/** What may be named as `objective`: the objectives, and the presets in place of those that bear their names. */
const objectiveFields = () => fieldsByName({ ...OBJECTIVES, ...PRESETS });

const objective: Check<Choice> = (value, path, faults) => {
  const name = isRecord(value) ? null : oneOf(...Object.keys(objectiveFields()))(value, path, faults);
  if (name === undefined) return undefined;
  const given = name === null ? (value as Record<string, unknown>) : { name };
  const checked = variant<ObjectiveSpec>("name", objectiveFields)(given, path, faults);
  if (!checked) return undefined;
  const fault = Object.hasOwn(OBJECTIVES, checked.name) ? objectiveRow(checked).fault?.(checked) : null;
  if (fault) faults.push({ ...fault, path: `${path}.${fault.path}` });
  if (!Object.hasOwn(PRESETS, checked.name)) {
    return { spec: checked, optimizer: objectiveRow(checked).optimizer, regularizers: () => [], ema: AVERAGING, given: [] };
  }
  const preset = PRESETS[checked.name as PresetName] as Preset;
  return {
    spec: { name: preset.objective, discriminatorSteps: checked.discriminatorSteps } as ObjectiveSpec,
    optimizer: (kind) => preset.optimizer(kind, checked),
    regularizers: (kind) => preset.regularizers(checked, kind),
    ema: preset.ema?.(checked) ?? AVERAGING,
    given: Object.keys(given).filter((key) => ![...Object.keys(OBJECTIVES[preset.objective].fields), ...(preset.shared ?? []), "name"].includes(key)),
  };
};

const regularizer: Check<RegularizerSpec> = (value, path, faults) => {
  const fields = () => fieldsByName(REGULARIZERS);
  if (isRecord(value)) return variant<RegularizerSpec>("name", fields)(value, path, faults);
  const name = oneOf(...(Object.keys(REGULARIZERS) as RegularizerName[]))(value, path, faults);
  return name && variant<RegularizerSpec>("name", fields)({ name }, path, faults);
};

const regularizers: Check<readonly RegularizerSpec[]> = (value, path, faults) => {
  const checked = list(regularizer, { max: 16 })(value, path, faults);
  const twice = checked?.findIndex((r, i) => checked.findIndex((other) => other.name === r.name) < i) ?? -1;
  if (twice >= 0) faults.push({ path: `${path}[${twice}]`, expected: "each regularizer once", got: `${show(checked![twice]!.name)} again` });
  return checked;
};

const ema: Check<Averaging | false> = (value, path, faults) => (value === false ? false : averaging(value, path, faults));

/** Fills in what is left out from `preset`, as long as the name is not another one. */
const optimizer =
  (preset: OptimizerSpec): Check<OptimizerSpec> =>
  (value, path, faults) => {
    const given = isRecord(value) ? Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) : null;
    const full = given && (given.name ?? preset.name) === preset.name ? { ...preset, ...given } : value;
    return variant<OptimizerSpec>("name", () => fieldsByName(OPTIMIZERS))(full, path, faults);
  };

const anything: Check<unknown> = that("anything", () => true);

export const LEARNING_FIELDS: Fields<LearningFields> = {
  objective: optional<Choice | null>(objective, null),
  regularizers: optional<readonly RegularizerSpec[] | null>(regularizers, null),
  optimizer: optional(anything, {}),
  ema: optional<Averaging | false | null>(ema, null),
  augment: optional<AugmentSpec | false>(augment, false),
  batchSize: optional(integer(1, 65536), 64),
  accumulate: optional(integer(1, 1024), 1),
};

/** What learning has to suit. */
export interface Learner {
  /** Of one image or vector; null where it is not known. */
  readonly shape: Shape | null;
  /** Whether the discriminator was given with layers in which images meet, with which penalties by default will not do. */
  readonly mixesImages: boolean;
  /** The architecture, if one was named. */
  readonly architecture: ArchitectureName | null;
}

/** The presets of the papers that architectures are from. */
const OF_ARCHITECTURES: { readonly [N in ArchitectureName]?: PresetName } = { resnet: "sngan", r3gan: "r3gan" };

/** What nobody asked for by name. */
function byDefault({ mixesImages, architecture }: Learner): Choice {
  const own = architecture && OF_ARCHITECTURES[architecture];
  return objective(own ?? (mixesImages ? "non-saturating" : "non-saturating-r1"), "objective", [])!;
}

/** How a GAN of checked options learns, in full; `faults` are where every fault is noted. */
export function resolveLearning(
  { objective: named, regularizers, ema, ...given }: Partial<LearningFields>,
  learner: Learner,
  faults: ErrorDetail[],
): Partial<LearningSpec> {
  const choice = named === null ? byDefault(learner) : named;
  const kind = learner.shape ? kindOfData(learner.shape) : "images";
  const { optimizer: optimizerOf, ema: average } = choice ?? byDefault(learner);
  const preset = optimizerOf(kind);
  const each = optional(optimizer(preset), preset);
  const optimizers = fieldsOf<LearningSpec["optimizer"]>({ generator: each, discriminator: each }, given.optimizer, "optimizer", faults);
  if (regularizers) {
    for (const name of choice?.given ?? []) {
      faults.push({ path: `objective.${name}`, expected: "none where the regularizers are given one by one", got: "both" });
    }
  }
  if (choice) checkSmoothing(choice.spec, regularizers ?? [], faults);
  if (learner.shape) checkAugment(given.augment ?? false, learner.shape, faults);
  return {
    ...given,
    ...(ema !== undefined && { ema: ema ?? average }),
    optimizer: optimizers as LearningSpec["optimizer"],
    ...(choice && { objective: choice.spec, regularizers: regularizers ?? choice.regularizers(kind) }),
  };
}

/** Notes regularizers that smooth labels beside an objective that has none. */
function checkSmoothing(objective: ObjectiveSpec, regularizers: readonly RegularizerSpec[], faults: ErrorDetail[]): void {
  if (objectiveRow(objective).relabelled) return;
  const names = (Object.keys(OBJECTIVES) as ObjectiveName[]).filter((name) => "relabelled" in OBJECTIVES[name]).map(show);
  for (const [i, regularizer] of regularizers.entries()) {
    if (!regularizerRow(regularizer).smoothsLabels) continue;
    faults.push({
      path: `regularizers[${i}]`,
      expected: `an objective with labels to smooth (${names.join(" or ")})`,
      got: `objective ${show(objective.name)}`,
    });
  }
}

/**
 * Why the discriminator must judge each image alone, in words; null where it need not.
 *
 * @param given the regularizers that were given one by one, if any were
 */
export function needsImagesAlone(
  { regularizers = [] }: Pick<Partial<LearningSpec>, "regularizers">,
  given: LearningFields["regularizers"],
): string | null {
  const first = regularizers.findIndex((r) => regularizerRow(r).imagesAlone !== undefined);
  return first < 0 ? null : `${regularizerRow(regularizers[first]!).imagesAlone} of ${given ? `regularizers[${first}]` : "objective"}`;
}
