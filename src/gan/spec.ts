/** The description of a GAN: both networks, how they learn, and the seed of everything random. */
import { type Fields, fieldsOf, integer, isRecord, optional, refuse } from "../core/check.ts";
import type { ErrorDetail } from "../core/errors.ts";
import { deepFreeze, plainCopy } from "../core/plain.ts";
import {
  architectureName,
  givenLayersMix,
  leastBatch,
  NETWORK_FIELDS,
  type NetworkFields,
  type NetworkOptions,
  type NetworkSpec,
  resolveNetworks,
} from "../nn/spec.ts";
import {
  LEARNING_FIELDS,
  type LearningFields,
  type LearningOptions,
  type LearningSpec,
  needsImagesAlone,
  resolveLearning,
} from "../objective/spec.ts";

/** The description of a GAN. Only `shape` must be given. */
export interface GANOptions extends NetworkOptions, LearningOptions {
  /** What first weights, noise and the order of the data follow from, 0 to 2^53 - 1. Default 0. */
  readonly seed?: number | undefined;
}

/** A GAN described in full, as plain JSON: itself valid `GANOptions` that resolve to the same. */
export interface GANSpec extends NetworkSpec, LearningSpec {
  /** What first weights, noise and the order of the data follow from, 0 to 2^53 - 1. */
  readonly seed: number;
}

interface TopFields extends NetworkFields, LearningFields {
  readonly seed: number;
}

const TOP: Fields<TopFields> = { ...NETWORK_FIELDS, ...LEARNING_FIELDS, seed: optional(integer(0, Number.MAX_SAFE_INTEGER), 0) };

/**
 * The full meaning of `options`: defaults filled in, architecture written out layer by layer.
 *
 * @param options `GANOptions`, or a `GANSpec` read back from JSON: anything else is refused field by field. Read once, and left as it is
 * @param others fields that are known beside those of a description, to be told of where one is unknown
 * @returns plain JSON that cannot be changed
 * @throws SpecError with every fault at once, each with its path, but first for what cannot be read, holes in lists among it
 *
 * @example
 * resolveSpec({ shape: [28, 28, 1], objective: "wasserstein-gp" }).objective.discriminatorSteps; // 5
 */
export function resolveSpec(options: GANOptions, others: readonly string[] = []): GANSpec {
  const faults: ErrorDetail[] = [];
  const copy = plainCopy(options, faults);
  refuse(faults);
  const { shape, latent, condition, architecture, width, seed, ...rest } = fieldsOf<TopFields>(TOP, copy, "", faults, others);
  if (!isRecord(copy)) refuse(faults);
  const learner = { shape: shape ?? null, mixesImages: givenLayersMix(architecture), architecture: architectureName(architecture) };
  const learning = resolveLearning(rest, learner, faults);
  const given = Object.fromEntries(Object.entries({ shape, latent, condition, architecture, width }).filter(([, value]) => value !== undefined));
  const networks = resolveNetworks(given, needsImagesAlone(learning, rest.regularizers ?? null), faults);
  refuse(faults);
  const spec = { ...networks, ...learning, seed } as GANSpec;
  checkBatch(spec, spec.batchSize);
  return deepFreeze(spec);
}

/** @throws SpecError when a network cannot be trained on batches of this size, taken in the parts of the description */
export function checkBatch(spec: GANSpec, batchSize: number): void {
  const { accumulate } = spec;
  if (batchSize % accumulate !== 0) {
    const own = { path: "accumulate", expected: `a divisor of batchSize, ${batchSize}`, got: `${accumulate}` };
    const other = {
      path: "batchSize",
      expected: `a multiple of ${accumulate}, the parts that batches are taken in (accumulate)`,
      got: `${batchSize}`,
    };
    refuse([batchSize === spec.batchSize ? own : other]);
  }
  const { size, path, type } = leastBatch(spec);
  if (batchSize >= size * accumulate) return;
  const each = accumulate > 1 ? ` in each of ${accumulate} parts` : "";
  refuse([
    { path: "batchSize", expected: `at least ${size * accumulate}, as the statistics of ${path}, a ${type}, need${each}`, got: `${batchSize}` },
  ]);
}
