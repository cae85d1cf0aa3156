/** The description of a GAN: what a user writes, what it means in full, and every fault it may have. */

import { type Check, type Fields, fieldsOf, integer, isRecord, list, object, oneOf, optional, real, that, variant } from "../core/check.ts";
import { type ErrorDetail, SpecError, show } from "../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import type { Architecture } from "./architectures/architecture.ts";
import { dcgan } from "./architectures/dcgan.ts";
import { mlp } from "./architectures/mlp.ts";
import type { Initialization } from "./init.ts";
import { checkLayers, traceShapes } from "./layers/table.ts";
import type { Layer, LayerSpec } from "./layers/types.ts";
import { OBJECTIVES, type ObjectiveName, type ObjectiveSpec } from "./objectives.ts";
import { OPTIMIZERS, type OptimizerSpec } from "./optimizers.ts";

/** A union with every field but the tag optional. */
type Loose<T extends { readonly name: string }> = T extends unknown ? { readonly name: T["name"] } & Partial<T> : never;

const ARCHITECTURES = { mlp, dcgan } satisfies Record<string, Architecture>;
export type ArchitectureName = keyof typeof ARCHITECTURES;

/** What images are made for: one of `classes` labels, or a vector of `size` real numbers. */
export type Condition = { readonly classes: number } | { readonly size: number };

/** A network given layer by layer. */
export interface CustomArchitecture {
  /** From [latent (+ condition)] to `shape`. */
  readonly generator: readonly LayerSpec[];
  /** From `shape` to one number. With a condition it ends in a dense layer of one unit. */
  readonly discriminator: readonly LayerSpec[];
  /** How weights begin: He and Glorot normal ("fan"), or N(0, 0.02) ("dcgan"). Default "fan". */
  readonly initialization?: Initialization;
}

/** An optimizer by name, or only some numbers of the objective's own one. */
export type OptimizerOptions = Loose<OptimizerSpec> | (Partial<OptimizerSpec> & { readonly name?: undefined });

/** The description of a GAN. Only `shape` must be given. */
export interface GANOptions {
  /** [height, width, channels] of an image in [-1, 1], or [size] of a vector. */
  readonly shape: Shape;
  /** Default "dcgan" for images it fits, "mlp" for the rest. */
  readonly architecture?: ArchitectureName | CustomArchitecture;
  /** Channels (dcgan, default 64) or hidden units (mlp, default 128). For named architectures only. */
  readonly width?: number;
  /** Dimension of z. Default 64. */
  readonly latent?: number;
  readonly condition?: Condition | null;
  /** Default "non-saturating". */
  readonly objective?: ObjectiveName | Loose<ObjectiveSpec>;
  /** Default: the objective's own. */
  readonly optimizer?: { readonly generator?: OptimizerOptions; readonly discriminator?: OptimizerOptions };
  /** The moving average of the generator that samples are drawn from. Default { decay: 0.999 }. */
  readonly ema?: { readonly decay: number } | false;
  /** 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
  /** Images of one training step. Default 64. */
  readonly batchSize?: number;
}

/** A GAN described in full, as plain JSON: itself valid `GANOptions` that resolve to the same. */
export interface GANSpec extends GANOptions {
  readonly architecture: {
    readonly generator: readonly Layer[];
    readonly discriminator: readonly Layer[];
    readonly initialization: Initialization;
  };
  readonly width?: never;
  readonly latent: number;
  readonly condition: Condition | null;
  readonly objective: ObjectiveSpec;
  readonly optimizer: { readonly generator: OptimizerSpec; readonly discriminator: OptimizerSpec };
  readonly ema: { readonly decay: number } | false;
  readonly seed: number;
  readonly batchSize: number;
}

const SIZE = integer(1, 65536);

const shape: Check<Shape> = (value, path, faults) =>
  Array.isArray(value) && (value.length === 1 || value.length === 3)
    ? list(SIZE)(value, path, faults)
    : that<Shape>("[height, width, channels] or [size]", () => false)(value, path, faults);

const condition: Check<Condition | null> = (value, path, faults) => {
  if (value === null) return null;
  if (isRecord(value) && "classes" in value) return object<{ classes: number }>({ classes: SIZE })(value, path, faults);
  if (isRecord(value) && "size" in value) return object<{ size: number }>({ size: SIZE })(value, path, faults);
  return that<Condition>("{ classes } or { size }", () => false)(value, path, faults);
};

const ema: Check<{ readonly decay: number } | false> = (value, path, faults) =>
  value === false ? false : object({ decay: real(0, 1, { open: true }) })(value, path, faults);

const byName = (rows: Readonly<Record<string, { readonly fields: object }>>) =>
  Object.fromEntries(Object.entries(rows).map(([name, { fields }]) => [name, fields]));

const OBJECTIVE_FIELDS = byName(OBJECTIVES);
const OPTIMIZER_FIELDS = byName(OPTIMIZERS);

const objective: Check<ObjectiveSpec> = (value, path, faults) => {
  if (isRecord(value)) return variant<ObjectiveSpec>("name", () => OBJECTIVE_FIELDS)(value, path, faults);
  const name = oneOf(...(Object.keys(OBJECTIVES) as ObjectiveName[]))(value, path, faults);
  return name && variant<ObjectiveSpec>("name", () => OBJECTIVE_FIELDS)({ name }, path, faults);
};

/** Fills in what is left out from `preset`, as long as the name is not another one. */
const optimizer =
  (preset: OptimizerSpec): Check<OptimizerSpec> =>
  (value, path, faults) => {
    const full = isRecord(value) && (value.name === undefined || value.name === preset.name) ? { ...preset, ...value, name: preset.name } : value;
    return variant<OptimizerSpec>("name", () => OPTIMIZER_FIELDS)(full, path, faults);
  };

const anything: Check<unknown> = that("anything", () => true);

const architectureFields: Fields<GANSpec["architecture"]> = {
  generator: checkLayers,
  discriminator: checkLayers,
  initialization: optional(oneOf("fan", "dcgan"), "fan"),
};

type TopFields = Omit<GANSpec, "architecture" | "optimizer" | "width"> & { architecture: unknown; optimizer: unknown; width: number | null };

const TOP: Fields<TopFields> = {
  shape,
  latent: optional(SIZE, 64),
  condition: optional(condition, null),
  architecture: optional(anything, null),
  width: optional<number | null>(integer(1, 4096), null),
  objective: (value, path, faults) => objective(value === undefined ? "non-saturating" : value, path, faults),
  optimizer: optional(anything, {}),
  ema: optional(ema, { decay: 0.999 }),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), 0),
  batchSize: optional(SIZE, 64),
};

/**
 * The full meaning of `options`: defaults filled in, architecture written out layer by layer.
 *
 * @param options `GANOptions`, or a `GANSpec` read back from JSON: anything else is refused field by field
 * @throws SpecError with every fault at once, each with its path
 *
 * @example
 * resolveSpec({ shape: [28, 28, 1], objective: "wasserstein-gp" }).objective.discriminatorSteps; // 5
 */
export function resolveSpec(options: GANOptions): GANSpec {
  const faults: ErrorDetail[] = [];
  const given = fieldsOf<TopFields>(TOP, options, "", faults);
  if (!isRecord(options)) throw new SpecError(faults as [ErrorDetail]);
  const preset = OBJECTIVES[given.objective?.name ?? "non-saturating"].optimizer;
  const each = optional(optimizer(preset), preset);
  const optimizers = fieldsOf<GANSpec["optimizer"]>({ generator: each, discriminator: each }, given.optimizer, "optimizer", faults);
  const architecture = resolveArchitecture(given, faults);
  checkNetworks(architecture, given, faults);
  if (faults.length > 0) throw new SpecError(faults as [ErrorDetail, ...ErrorDetail[]]);
  const { width: _, ...rest } = given;
  return { ...rest, architecture, optimizer: optimizers } as GANSpec;
}

/** The layer lists of a named architecture, or the checked ones of a custom one. */
function resolveArchitecture(given: Partial<TopFields>, faults: ErrorDetail[]): Partial<GANSpec["architecture"]> {
  const { architecture, shape, width } = given;
  if (isRecord(architecture)) {
    if (typeof width === "number") faults.push({ path: "width", expected: "no width where the layers are given one by one", got: show(width) });
    return fieldsOf(architectureFields, architecture, "architecture", faults);
  }
  if (architecture !== null && !(typeof architecture === "string" && Object.hasOwn(ARCHITECTURES, architecture))) {
    const names = Object.keys(ARCHITECTURES).map((n) => JSON.stringify(n));
    faults.push({ path: "architecture", expected: `${names.join(" or ")} or { generator, discriminator }`, got: show(architecture) });
    return {};
  }
  if (!shape) return {};
  const row = ARCHITECTURES[(architecture ?? (dcgan.accepts(shape) ? "dcgan" : "mlp")) as ArchitectureName];
  if (!row.accepts(shape)) {
    faults.push({ path: "shape", expected: row.expected, got: showShape(shape) });
    return {};
  }
  const imagesAlone = given.objective ? judgesImagesAlone(given.objective) : false;
  const lists = row.layers({ shape, width: width ?? row.defaultWidth, imagesAlone });
  return fieldsOf(architectureFields, { ...lists, initialization: row.initialization }, "architecture", faults);
}

/** Notes every layer that cannot take its input, and networks that do not end as they must. */
function checkNetworks(architecture: Partial<GANSpec["architecture"]>, given: Partial<TopFields>, faults: ErrorDetail[]): void {
  const { shape, latent, condition, objective: loss } = given;
  const { generator, discriminator } = architecture;
  if (generator && shape && latent && condition !== undefined) {
    const path = "architecture.generator";
    const end = traceShapes(generator, [latent + conditionSize(condition)], path, faults);
    if (end && !sameShape(end, shape)) faults.push({ path, expected: `layers that end in ${showShape(shape)}`, got: showShape(end) });
  }
  if (discriminator && shape) {
    const path = "architecture.discriminator";
    const end = traceShapes(discriminator, shape, path, faults);
    if (end && sizeOf(end) !== 1) faults.push({ path, expected: "layers that end in one number", got: showShape(end) });
  }
  if (discriminator && condition) checkEmbedding(discriminator, faults);
  if (discriminator && loss && judgesImagesAlone(loss)) findBatchNorm(discriminator, "architecture.discriminator", faults);
}

/** A condition is compared with the features that the last layer sums up. */
function checkEmbedding(discriminator: readonly Layer[], faults: ErrorDetail[]): void {
  const last = discriminator.at(-1)!;
  if (last.type === "dense" && last.units === 1) return;
  faults.push({
    path: `architecture.discriminator[${discriminator.length - 1}]`,
    expected: "a dense layer of one unit, as a condition needs",
    got: last.type === "dense" ? `${last.units} units` : last.type,
  });
}

/** The gradient penalty is one image's own, so no image may reach another's score. */
function findBatchNorm(layers: readonly Layer[], path: string, faults: ErrorDetail[]): void {
  for (const [i, layer] of layers.entries()) {
    if (layer.type === "batchNorm") {
      faults.push({
        path: `${path}[${i}]`,
        expected: "a layer that keeps images apart (layerNorm), as the gradient penalty needs",
        got: "batchNorm",
      });
    } else if (layer.type === "residual") {
      findBatchNorm(layer.layers, `${path}[${i}].layers`, faults);
      findBatchNorm(layer.shortcut, `${path}[${i}].shortcut`, faults);
    }
  }
}

const judgesImagesAlone = ({ name }: ObjectiveSpec): boolean => name === "wasserstein-gp";

/** Numbers that describe what one image is made for; 0 for a model without condition. */
export function conditionSize(condition: Condition | null): number {
  if (!condition) return 0;
  return "classes" in condition ? condition.classes : condition.size;
}
