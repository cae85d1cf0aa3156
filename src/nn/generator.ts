/** What a generator is: all that is needed to sample from it, without a discriminator, named architectures and first weights. */
import { type Check, checkFields, type Fields, isRecord, list, optional, refuse, that } from "../core/check.ts";
import { type ErrorDetail, show } from "../core/errors.ts";
import { deepFreeze } from "../core/plain.ts";
import { type Shape, sameShape, showShape } from "../core/shape.ts";
import { checkClasses, conditionOf, type GeneratorCondition, generatorInput, normClasses, SIZE } from "./condition.ts";
import { checkLayers, hasLayer, type Layer, type NamedParameter, parametersOf, traceShapes } from "./layers/table.ts";

/** A generator described in full. */
export interface GeneratorSpec {
  /** The shape of what it makes. */
  readonly shape: Shape;
  /** Dimension of the latents z. */
  readonly latent: number;
  /** What the images are made for; null for nothing. */
  readonly condition: GeneratorCondition | null;
  /** The network. */
  readonly architecture: {
    /** The layers that lead from a latent to an image. */
    readonly generator: readonly Layer[];
  };
}

const shape: Check<Shape> = (value, path, faults) =>
  Array.isArray(value) && (value.length === 1 || value.length === 3)
    ? list(SIZE)(value, path, faults)
    : that<Shape>("[height, width, channels] or [size]", () => false)(value, path, faults);

/** What goes into a generator and comes out. */
export type Ends = Pick<GeneratorSpec, "shape" | "latent" | "condition">;

export const ENDS: Fields<Ends> = { shape, latent: optional(SIZE, 64), condition: optional(conditionOf(checkClasses), null) };

/** Notes the first layer that cannot take its input, and layers that do not end in the shape. */
export function checkGenerator(layers: readonly Layer[] | undefined, { shape, latent, condition }: Partial<Ends>, faults: ErrorDetail[]): void {
  if (!layers || !shape || !latent || condition === undefined) return;
  const path = "architecture.generator";
  const end = traceShapes(layers, generatorInput({ latent, condition }), path, faults);
  if (end && !sameShape(end, shape)) faults.push({ path, expected: `layers that end in ${showShape(shape)}`, got: showShape(end) });
  if (normClasses(condition) > 0 && !hasLayer(layers, "batchNorm")) {
    faults.push({ path, expected: 'a batchNorm layer, as condition.generator "batch-norm" needs', got: "none" });
  }
}

const ARCHITECTURE: Fields<GeneratorSpec["architecture"]> = { generator: checkLayers };

/**
 * The generator of a description in which the layers are given one by one. The rest of it is not looked at.
 *
 * @param description as `JSON.parse` gives it
 * @returns plain JSON that cannot be changed
 * @throws SpecError with every fault at once
 */
export function resolveGenerator(description: unknown): GeneratorSpec {
  const faults: ErrorDetail[] = [];
  const given = isRecord(description) ? description.architecture : undefined;
  if (!isRecord(description)) faults.push({ path: "options", expected: "an object", got: show(description) });
  else if (!isRecord(given)) faults.push({ path: "architecture", expected: "an object with generator", got: show(given) });
  refuse(faults);
  const ends = checkFields(ENDS, description as Record<string, unknown>, "", faults);
  const architecture = checkFields(ARCHITECTURE, given as Record<string, unknown>, "architecture", faults);
  checkGenerator(architecture.generator, ends, faults);
  refuse(faults);
  return deepFreeze({ ...ends, architecture } as GeneratorSpec);
}

/** The name of a generator's learned table of classes. */
export const GENERATOR_EMBEDDING = "generator.embedding";

/** The tensors of a generator, in the order of its layers. */
export function generatorTensors(spec: GeneratorSpec): NamedParameter[] {
  const { architecture, condition } = spec;
  const tensors = parametersOf(architecture.generator, generatorInput(spec), "generator.", { classes: normClasses(condition), style: 0 });
  if (!(condition && "classes" in condition && condition.embedding)) return tensors;
  const shape = [condition.classes, condition.embedding];
  return [...tensors, { name: GENERATOR_EMBEDDING, shape, role: "weight", init: { kind: "normal" }, outputAxis: 1, activation: null }];
}

/** The name of the moving average of a generator's tensor. */
export const emaName = (name: string): string => `${name}/ema`;
