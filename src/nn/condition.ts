/** What images are made for, as a generator is told of it. */
import { type Check, type Fields, fieldsOf, integer, isRecord, list, object, oneOf, optional, that } from "../core/check.ts";
import { show } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { broadcastTo, concat, reshape } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";

/**
 * How a generator is told a class.
 *
 * `concatenation`: the one-hot row stands behind z (Mirza & Osindero 2014, figure 1).
 * `embedding`: a row of a learned table stands there in its place.
 * `batch-norm`: every batch norm has a gain and a bias for each class, and z stands alone (Dumoulin, Shlens & Kudlur 2017, equation 5; de Vries et al. 2017).
 */
export type GeneratorMethod = "concatenation" | "embedding" | "batch-norm";

/** Classes, as a generator is told of them. */
export interface GeneratorClasses {
  /** Number of classes; labels are integers below it. */
  readonly classes: number;
  /** How the generator is told. */
  readonly generator: GeneratorMethod;
  /** Numbers of a row of the learned table; only there with "embedding". */
  readonly embedding?: number;
}

/** A vector of real numbers for each image. */
export interface VectorCondition {
  /** Numbers of a vector, 1 to 65536. */
  readonly size: number;
}

/** An image for each image (Isola et al. 2017): of the same height and width, in [-1, 1] as data are. */
export interface ImageCondition {
  /** `[height, width, channels]`, the first two those of the GAN's own `shape`. */
  readonly shape: Shape;
}

/** What images are made for, in full, as far as a generator knows of it. */
export type GeneratorCondition = GeneratorClasses | VectorCondition | ImageCondition;

export const SIZE = integer(1, 65536);

const CLASSES: Fields<Required<GeneratorClasses>> = {
  classes: SIZE,
  generator: optional(oneOf("concatenation", "embedding", "batch-norm"), "concatenation"),
  embedding: optional<number>(SIZE, 0),
};

/** About as many numbers as z has by default for images, so that of what the first layer sees neither drowns the other, however many classes there are. */
const EMBEDDING = 50;

/** The generator's part of a condition by class; fields that are the discriminator's are left for others to look at. */
export const checkClasses: Check<GeneratorClasses> = (value, path, faults) => {
  const before = faults.length;
  const { embedding, ...rest } = fieldsOf(CLASSES, value, path, faults, ["discriminator", "classWeight"]);
  const embeds = rest.generator === "embedding";
  if (embedding && rest.generator && !embeds) {
    faults.push({ path: `${path}.embedding`, expected: `none unless ${path}.generator is "embedding"`, got: show(embedding) });
  }
  if (faults.length > before) return undefined;
  return { ...rest, ...(embeds && { embedding: embedding || EMBEDDING }) } as GeneratorClasses;
};

/** A check of a condition of any kind. @param classes that of one by class */
export const conditionOf =
  <C>(classes: Check<C>): Check<C | VectorCondition | ImageCondition | null> =>
  (value, path, faults) => {
    if (value === null) return null;
    const given = isRecord(value) ? value : {};
    if ("classes" in given) return classes(value, path, faults);
    if ("size" in given) return object<VectorCondition>({ size: SIZE })(value, path, faults);
    if ("shape" in given) return object<ImageCondition>({ shape: list(SIZE, { min: 3, max: 3 }) })(value, path, faults);
    return that<never>("{ classes }, { size } or { shape }", () => false)(value, path, faults);
  };

/** The shape of one example as a generator's first layer takes it. */
export function generatorInput({ latent, condition }: { readonly latent: number; readonly condition: GeneratorCondition | null }): Shape {
  if (!condition) return [latent];
  if ("shape" in condition) return [...condition.shape.slice(0, 2), condition.shape[2]! + latent];
  if ("size" in condition) return [latent + condition.size];
  const { classes, generator, embedding = 0 } = condition;
  return [latent + (generator === "concatenation" ? classes : embedding)];
}

/** The classes for each of which a generator's batch norms have a gain and a bias; 0 where these are the same for all images. */
export const normClasses = (condition: GeneratorCondition | null): number =>
  condition && "classes" in condition && condition.generator === "batch-norm" ? condition.classes : 0;

/** `x` with more channels behind its own, or numbers behind a vector's: rows [N, k] join images [N, H, W, C] as constant maps. */
export function join(x: Node, more: Node): Node {
  const [n, k] = [more.shape[0]!, more.shape.at(-1)!];
  const inner = x.shape.slice(1, -1);
  const maps = more.shape.length === x.shape.length ? more : broadcastTo(reshape(more, [n, ...inner.map(() => 1), k]), [n, ...inner, k]);
  return concat([x, maps], x.shape.length - 1);
}
