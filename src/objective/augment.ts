/** The augmentation of a GAN: which there are, with what probability, and how that follows how sure the discriminator is. */
import { type Check, type Fields, fieldsOf, integer, isRecord, list, object, oneOf, optional, real } from "../core/check.ts";
import { type ErrorDetail, show } from "../core/errors.ts";
import { type Shape, showShape } from "../core/shape.ts";
import { add, greater, lerp, maximum, meanAll, minimum, mul, type Operand, reshape, sub } from "../graph/build.ts";
import type { Graph, Node } from "../graph/graph.ts";
import type { Distribution } from "../nn/layers/types.ts";
import { AUGMENTATION_NAMES, type AugmentationName, type Augmenting, augmentationRow, augmenting } from "./augmentations.ts";
import { type ObjectiveSpec, objectiveRow } from "./objectives.ts";

/** How the probability of augmentations follows how sure the discriminator is of its images: Karras et al. 2020, "Training generative adversarial networks with limited data", section 3.1. */
export interface AdaptiveProbability {
  /**
   * What is aimed at for r = E sign(D(x)) over images of the data, -1 to 1: that of a discriminator that knows them by heart is 1. Above it the probability rises, below it falls. Where scores say nothing alone
   * ("relativistic", "wasserstein") r is E sign(D(x) - D(G(z))). Default 0.6.
   */
  readonly target: number;
  /** Images of the data in which the probability rises from 0 to 1, if it does nothing else, 1 to 2^53 - 1. Default 500,000; few images are known by heart sooner. */
  readonly images: number;
  /** The probability is never above it, 1e-6 to 1: beyond 0.8 what is done to images begins to show in those that are generated (Karras et al. 2020, section 2.2). Default 0.8. */
  readonly most: number;
}

/** Augmentations that each image is given with the same probability. */
export interface FixedAugmentation {
  /** What may be done to images: each of them is drawn by itself. Done in the order "color", "rotation", "flip", "scale", "translation", "cutout", whatever that of the list. */
  readonly policy: readonly AugmentationName[];
  /** With what probability each of them is done to an image, 1e-6 to 1. */
  readonly probability: number;
}

/** Augmentations whose probability follows how sure the discriminator is. */
export interface AdaptiveAugmentation {
  /** What may be done to images, as of {@link FixedAugmentation}. */
  readonly policy: readonly AugmentationName[];
  /** What the probability follows; it begins with 0. */
  readonly adaptive: AdaptiveProbability;
}

/** Augmentations in full. */
export type AugmentSpec = FixedAugmentation | AdaptiveAugmentation;

/** Augmentations, and how often they are done. */
export interface AugmentOptions {
  /**
   * What may be done to images: each of them is drawn by itself. Done in the order "color", "rotation", "flip", "scale", "translation", "cutout", whatever that of the list.
   */
  readonly policy: readonly AugmentationName[];
  /**
   * With what probability each of them is done to an image, 1e-6 to 1. Default 1, and 0.8 with "flip" or "rotation": were all images turned, the generator would have no way to know how they stood.
   */
  readonly probability?: number | undefined;
  /** Lets the probability follow how sure the discriminator is of its images, in place of `probability`; `{}` or true with every default. Default: none. */
  readonly adaptive?: Partial<AdaptiveProbability> | boolean | null | undefined;
}

const ABOVE_0 = real(1e-6, 1);

const ADAPTIVE: Fields<AdaptiveProbability> = {
  target: optional(real(-1, 1), 0.6),
  images: optional(integer(1, Number.MAX_SAFE_INTEGER), 500_000),
  most: optional(ABOVE_0, 0.8),
};

const policy: Check<readonly AugmentationName[]> = (value, path, faults) => {
  if (!Array.isArray(value)) {
    faults.push({ path, expected: 'a list of augmentations, such as ["translation", "cutout"]', got: show(value) });
    return undefined;
  }
  const names = list(oneOf(...AUGMENTATION_NAMES), { max: AUGMENTATION_NAMES.length })(value, path, faults);
  if (!names) return undefined;
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice >= 0) faults.push({ path: `${path}[${twice}]`, expected: "each augmentation once", got: `${show(names[twice])} again` });
  return AUGMENTATION_NAMES.filter((name) => names.includes(name));
};

const adaptive: Check<AdaptiveProbability | null> = (value, path, faults) => {
  if (value === false || value === null) return null;
  return object(ADAPTIVE)(value === true ? {} : value, path, faults);
};

interface Given {
  readonly policy: readonly AugmentationName[];
  readonly probability: number | null;
  readonly adaptive: AdaptiveProbability | null;
}

const OPTIONS: Fields<Given> = {
  policy,
  probability: optional<number | null>(ABOVE_0, null),
  adaptive: optional<AdaptiveProbability | null>(adaptive, null),
};

/** A list of augmentations, or one with how often they are done; false, null or none in the list for no augmentation. */
export const augment: Check<AugmentSpec | false> = (value, path, faults) => {
  if (value === false || value === null) return false;
  const before = faults.length;
  const given: Partial<Given> = isRecord(value) ? fieldsOf(OPTIONS, value, path, faults) : {};
  const { probability, adaptive, policy: names = isRecord(value) ? undefined : policy(value, path, faults) } = given;
  if (probability && adaptive)
    faults.push({ path: `${path}.probability`, expected: "none beside adaptive, which it follows", got: `${probability}` });
  if (faults.length > before || !names) return undefined;
  if (names.length === 0) return false;
  if (adaptive) return { policy: names, adaptive };
  return { policy: names, probability: probability ?? Math.min(...names.map((name) => augmentationRow(name).probability ?? 1)) };
};

/** Notes augmentations that images of this shape cannot have. */
export function checkAugment(augment: AugmentSpec | false, shape: Shape, faults: ErrorDetail[]): void {
  if (!augment) return;
  if (shape.length !== 3) {
    faults.push({
      path: "augment",
      expected: "none but for images [height, width, channels]",
      got: `${show(augment.policy)} for vectors ${showShape(shape)}`,
    });
    return;
  }
  for (const name of augment.policy) {
    const fault = augmentationRow(name).fault?.(shape);
    if (fault) faults.push({ path: "augment", expected: `${fault.expected} (${show(name)})`, got: fault.got });
  }
}

/** The number of a training session that is the probability of augmentations, and the one by which it is moved. */
const PROBABILITY = "augment.probability";
const CERTAINTY = "augment.certainty";

/** The least and the most that each of them may be. */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = { [PROBABILITY]: [0, 1], [CERTAINTY]: [-1, 1] };

/** The variables of an adaptive augmentation, scalars that begin with 0. */
export const augmentVariables = (augment: AugmentSpec | false): string[] => (augment && "adaptive" in augment ? Object.keys(BOUNDS) : []);

/** The least and the most that such a variable may be. */
export const augmentBounds = (name: string): readonly [number, number] => BOUNDS[name]!;

/** With what probability images are augmented in a graph. */
const probabilityIn = (augment: AugmentSpec, graph: Graph): Operand =>
  "adaptive" in augment ? graph.variable(PROBABILITY, []) : augment.probability;

/** What a graph needs of random numbers: [N] each, named after what it is for. */
type Noise = (name: string, distribution: Distribution) => Node;

/** What is done to the images of a batch. */
export function openAugmenting(augment: AugmentSpec, shape: Shape, graph: Graph, noise: Noise): Augmenting {
  const probability = probabilityIn(augment, graph);
  return augmenting(augment.policy, (name) => {
    const draw = (what: string, distribution: Distribution): Node => {
      const numbers = noise(`${name}.${what}`, distribution);
      return reshape(numbers, [numbers.shape[0]!, 1, 1, 1]);
    };
    return { shape, draw, applied: probability === 1 ? 1 : greater(probability, draw("applied", "uniform")) };
  });
}

/** An adaptive augmentation at an update of the discriminator. */
export interface Adaptation {
  /** The probability that the update's images were augmented with. */
  readonly probability: Node;
  /** How sure the discriminator is of images of the data, -1 to 1, smoothed over about four updates, this one among them. */
  readonly certainty: Node;
  /** New values of both variables, by name. */
  readonly changes: ReadonlyMap<string, Node>;
}

/** Share of the smoothed certainty that an update is: about four count. */
const SMOOTHING = 1 / 4;

/** Where the probability goes from here: Karras et al. 2020, section 3.1, with one small step at every update in place of one of four at every fourth; null where it is not adaptive. */
export function adaptation(augment: AugmentSpec | false, objective: ObjectiveSpec, realScores: Node, fakeScores: Node): Adaptation | null {
  if (!augment || !("adaptive" in augment)) return null;
  const { target, images, most } = augment.adaptive;
  const { graph, shape } = realScores;
  const { verdict } = objectiveRow(objective);
  const sure = verdict ? signs(verdict(realScores, objective), 0) : signs(realScores, fakeScores);
  const probability = graph.variable(PROBABILITY, []);
  const certainty = lerp(graph.variable(CERTAINTY, []), meanAll(sure), SMOOTHING);
  const moved = add(probability, mul(signs(certainty, target), shape[0]! / images));
  const changes = new Map([
    [PROBABILITY, minimum(maximum(moved, 0), most)],
    [CERTAINTY, certainty],
  ]);
  return { probability, certainty, changes };
}

/** The sign of a - b. */
const signs = (a: Operand, b: Operand): Node => sub(greater(a, b), greater(b, a));
