/** The description of what images are made for: what a user writes, and what it means in full for both networks. */
import { type Check, checkFields, type Fields, isRecord, oneOf, optional, real } from "../core/check.ts";
import { show } from "../core/errors.ts";
import { checkClasses, conditionOf, type GeneratorClasses, type GeneratorMethod, type ImageCondition, type VectorCondition } from "./condition.ts";

/**
 * How a discriminator is told a class.
 *
 * `projection`: the features before its last layer are compared with a learned row of the class (Miyato & Koyama 2018, equation 3).
 * `concatenation`: the one-hot row joins its input, as constant maps behind the channels of an image (Mirza & Osindero 2014, figure 1).
 * `auxiliary-classifier`: it is not told, but says itself, by a second head on those features, what class it sees, and both networks learn from how right it is
 * (Odena, Olah & Shlens 2017, equations 2 and 3).
 */
export type DiscriminatorMethod = "projection" | "concatenation" | "auxiliary-classifier";

/** One of `classes` labels for each image. */
export interface ClassCondition {
  /** Number of classes, 1 to 65536; labels are integers below it. */
  readonly classes: number;
  /**
   * How the generator is told: by the one-hot row behind z ("concatenation": Mirza & Osindero 2014), by a learned row there in its place ("embedding"), or by gains and biases of its batch norms for
   * each class ("batch-norm": Dumoulin, Shlens & Kudlur 2017, equation 5). Default "concatenation".
   */
  readonly generator?: GeneratorMethod;
  /** Numbers of a learned row, 1 to 65536, with "embedding" alone. Default 50: about as many as z has for images, so that neither drowns the other, however many classes there are. */
  readonly embedding?: number;
  /**
   * How the discriminator is told: by comparing its features with a learned row ("projection": Miyato & Koyama 2018, equation 3) or by the one-hot row, joined to its input as constant maps
   * ("concatenation": Mirza & Osindero 2014). Or not at all, but it learns to say the class, and the generator to be told right ("auxiliary-classifier": Odena, Olah & Shlens 2017, equations 2
   * and 3). Default "projection".
   */
  readonly discriminator?: DiscriminatorMethod;
  /** Weight of the classifier's cross-entropy in both losses, at least 0, with "auxiliary-classifier" alone. Default 1. */
  readonly classWeight?: number;
}

/** What images are made for: a class, a vector of real numbers, or an image each. */
export type Condition = ClassCondition | VectorCondition | ImageCondition;

/** A class for each image, every option filled in that applies. */
export interface ClassConditionSpec extends GeneratorClasses {
  /** How the discriminator is told. */
  readonly discriminator: DiscriminatorMethod;
  /** Weight of the classifier's cross-entropy in both losses; only there with "auxiliary-classifier". */
  readonly classWeight?: number;
}

/** What images are made for, every option filled in that applies. */
export type ConditionSpec = ClassConditionSpec | VectorCondition | ImageCondition;

const CLASSES: Fields<Pick<Required<ClassConditionSpec>, "discriminator" | "classWeight">> = {
  discriminator: optional(oneOf("projection", "concatenation", "auxiliary-classifier"), "projection"),
  classWeight: optional<number>(real(0), -1),
};

const classes: Check<ClassConditionSpec> = (value, path, faults) => {
  const before = faults.length;
  const told = checkClasses(value, path, faults);
  const { discriminator, classWeight = -1 } = checkFields(CLASSES, value as Record<string, unknown>, path, faults);
  const classifies = discriminator === "auxiliary-classifier";
  if (classWeight >= 0 && discriminator && !classifies) {
    faults.push({ path: `${path}.classWeight`, expected: `none unless ${path}.discriminator is "auxiliary-classifier"`, got: show(classWeight) });
  }
  if (faults.length > before) return undefined;
  return { ...told!, discriminator: discriminator!, ...(classifies && { classWeight: classWeight < 0 ? 1 : classWeight }) };
};

const BY_CLASS = ["generator", "embedding", ...Object.keys(CLASSES)];

export const checkCondition: Check<ConditionSpec | null> = (value, path, faults) => {
  const given = isRecord(value) && !("classes" in value) ? value : {};
  const odd = BY_CLASS.filter((field) => given[field] !== undefined);
  for (const field of odd) faults.push({ path: `${path}.${field}`, expected: `none without ${path}.classes`, got: show(given[field]) });
  return odd.length > 0 ? undefined : conditionOf(classes)(value, path, faults);
};
