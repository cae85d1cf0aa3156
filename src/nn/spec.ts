/** The description of both networks: what a user writes, what it means in full, and every fault it may have. */
import { type Check, type Fields, fieldsOf, integer, isRecord, type Loose, misnamed, oneOf, optional, that, variant } from "../core/check.ts";
import { type ErrorDetail, show } from "../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { ARCHITECTURES, type ArchitectureName, type ArchitectureSpec, architectureRow, PREFERENCE } from "./architectures/table.ts";
import { generatorInput, SIZE } from "./condition.ts";
import { type Condition, type ConditionSpec, checkCondition } from "./conditionSpec.ts";
import { discriminatorInput, discriminatorMethod } from "./discriminator.ts";
import { checkGenerator, ENDS, type Ends } from "./generator.ts";
import type { Initialization } from "./init.ts";
import {
  checkLayers,
  featureSums,
  findMixing,
  type Layer,
  type LayerSpec,
  type LeastBatch,
  leastBatches,
  rangeOf,
  traceShapes,
} from "./layers/table.ts";
import { ANY_NUMBER, type Range } from "./layers/types.ts";

/** Both networks of a GAN, given layer by layer. */
export interface CustomArchitecture {
  /**
   * The layers that lead from a latent, `[latent]`, to an image of the GAN's `shape`: in [-1, 1], as its data are, if they end in tanh. With a condition they begin at `[latent + classes]`,
   * `[latent + embedding]` or `[latent + size]` (at `[latent]` where batch norms are told the class), or, given images, at `[height, width, channels + latent]`.
   */
  readonly generator: readonly LayerSpec[];
  /**
   * The layers that lead from an image of the GAN's `shape` to one number, its score before any sigmoid: they do not end in an activation that bounds it. Where the condition
   * joins the images, they begin with as many channels more. Where it is compared with features, or a classifier looks at these, the last is a dense layer of one unit.
   */
  readonly discriminator: readonly LayerSpec[];
  /** How weights begin: He and Glorot normal ("fan"), He and LeCun normal ("fan-in"), or N(0, 0.02) ("dcgan"). Default "fan". */
  readonly initialization?: Initialization;
}

/** The description of both networks. Only `shape` must be given. */
export interface NetworkOptions {
  /** The shape of what the GAN makes: `[height, width, channels]` of an image, or `[size]` of a vector; each from 1 to 65536. */
  readonly shape: Shape;
  /**
   * Both networks, by the name of an architecture, with parameters of its own or without, or layer by layer. "dcgan" (Radford, Metz & Chintala 2016) takes images
   * whose sides halve, both as often, until the shorter is 4 to 7 pixels long (28×28, 64×96, ...), and so do "resnet" (Miyato et al. 2018) and "r3gan" (Huang et al. 2024), "mlp" any shape. Default "dcgan" for images it fits, "mlp" for the rest.
   */
  readonly architecture?: ArchitectureName | Loose<ArchitectureSpec> | CustomArchitecture | undefined;
  /** How wide the networks of a named architecture are, 1 to 4096: channels of "dcgan" (default 64), "resnet" (16) and "r3gan" (32), units of each of the three hidden layers of "mlp" (default 128). */
  readonly width?: number | undefined;
  /** Dimension of the latents z, 1 to 65536. Default 64 for images, 8 for images made for images, and for vectors twice their size, at most 64. */
  readonly latent?: number | undefined;
  /** What the images are made for: `{ classes }`, `{ size }`, `{ shape }`, or null (the default) for nothing. */
  readonly condition?: Condition | null | undefined;
}

/** Both networks described in full, as plain JSON: itself valid `NetworkOptions` that resolve to the same. */
export interface NetworkSpec extends NetworkOptions {
  /** Both networks layer by layer, and how their weights begin. */
  readonly architecture: {
    /** The layers that lead from a latent to an image. */
    readonly generator: readonly Layer[];
    /** The layers that lead from an image to its score. */
    readonly discriminator: readonly Layer[];
    /** How weights begin. */
    readonly initialization: Initialization;
  };
  /** Never there, as the layers are given one by one. */
  readonly width?: never;
  /** Dimension of the latents z. */
  readonly latent: number;
  /** What the images are made for; null for nothing. */
  readonly condition: ConditionSpec | null;
}

/** Options checked one by one, before they are held against each other. */
export interface NetworkFields extends Omit<Ends, "latent" | "condition"> {
  readonly latent: number | null;
  readonly condition: ConditionSpec | null;
  readonly architecture: unknown;
  readonly width: number | null;
}

const anything: Check<unknown> = that("anything", () => true);

export const NETWORK_FIELDS: Fields<NetworkFields> = {
  ...ENDS,
  latent: optional<number | null>(SIZE, null),
  condition: optional(checkCondition, null),
  architecture: optional(anything, null),
  width: optional<number | null>(integer(1, 4096), null),
};

const architectureFields: Fields<NetworkSpec["architecture"]> = {
  generator: checkLayers,
  discriminator: checkLayers,
  initialization: optional(oneOf("fan", "fan-in", "dcgan"), "fan"),
};

/**
 * Both networks of checked options in full.
 *
 * @param imagesAlone why the discriminator must judge each image alone ("the gradient penalty of regularizers[0]"), or null where it need not
 * @param faults where every layer that cannot take its input is noted, and networks that do not end as they must
 */
export function resolveNetworks(fields: Partial<NetworkFields>, imagesAlone: string | null, faults: ErrorDetail[]): Partial<NetworkSpec> {
  const ends = checkEnds(fields, faults);
  const architecture = resolveArchitecture(fields, ends, imagesAlone !== null, faults);
  checkNetworks(architecture, ends, imagesAlone, faults);
  return { ...ends, architecture: architecture as NetworkSpec["architecture"] };
}

/** What goes into both networks and comes out. */
type BothEnds = Pick<NetworkSpec, "shape" | "latent" | "condition">;

/** Numbers of z: as many as are usual for images; beside an image that says most of what is to be made, those that leave the rest open; for a point twice its own. */
function defaultLatent(shape: Shape, fromImages: boolean): number {
  if (fromImages) return 8;
  return shape.length === 1 ? Math.min(2 * shape[0]!, 64) : 64;
}

/** The architecture that is named, if one is. Faults are for others to find. */
export function architectureName(architecture: unknown): ArchitectureName | null {
  const name = isRecord(architecture) ? architecture.name : architecture;
  return Object.hasOwn(ARCHITECTURES, name as string) ? (name as ArchitectureName) : null;
}

/** Whether a discriminator given layer by layer has images meet in it. Faults are for others to find. */
export function givenLayersMix(architecture: unknown): boolean {
  const layers = isRecord(architecture) ? checkLayers(architecture.discriminator, "", []) : undefined;
  return layers !== undefined && findMixing(layers, "").length > 0;
}

/** A condition that is an image must be as large as what is made for it; the default of `latent` is filled in. */
function checkEnds({ shape, latent, condition }: Partial<NetworkFields>, faults: ErrorDetail[]): Partial<BothEnds> {
  const image = condition && "shape" in condition ? condition.shape : null;
  const fits = !image || !shape || (shape.length === 3 && image[0] === shape[0] && image[1] === shape[1]);
  if (!fits) {
    const expected =
      shape.length === 3 ? `[${shape[0]}, ${shape[1]}, channels], as shape is ${showShape(shape)}` : "no image, as shape is one of vectors";
    faults.push({ path: "condition.shape", expected, got: showShape(image) });
  }
  return {
    ...(shape && { shape }),
    ...(latent !== undefined && (latent !== null || shape) && { latent: latent ?? defaultLatent(shape!, image !== null && image !== undefined) }),
    ...(fits && condition !== undefined && { condition }),
  };
}

const fieldsByName = () => Object.fromEntries(Object.entries(ARCHITECTURES).map(([name, { fields }]) => [name, fields]));

/** A named architecture, by its name alone or with parameters. */
const namedArchitecture: Check<ArchitectureSpec> = (value, path, faults) => {
  const names = Object.keys(ARCHITECTURES);
  if (isRecord(value)) return variant<ArchitectureSpec>("name", fieldsByName)(value, path, faults);
  if (names.includes(value as string)) return variant<ArchitectureSpec>("name", fieldsByName)({ name: value }, path, faults);
  faults.push({ path, expected: `${names.map(show).join(" or ")} or { generator, discriminator }`, got: misnamed(value, names) });
  return undefined;
};

/** The architectures that take a shape, the one that suits it best first. */
const takers = (shape: Shape): readonly ArchitectureName[] => PREFERENCE.filter((name) => ARCHITECTURES[name].expected(shape) === null);

/** The layer lists of a named architecture, or the checked ones of a custom one. */
function resolveArchitecture(
  { architecture, width }: Partial<NetworkFields>,
  { shape, latent, condition }: Partial<BothEnds>,
  imagesAlone: boolean,
  faults: ErrorDetail[],
): Partial<NetworkSpec["architecture"]> {
  if (isRecord(architecture) && !("name" in architecture)) {
    if (typeof width === "number") faults.push({ path: "width", expected: "no width where the layers are given one by one", got: show(width) });
    return fieldsOf(architectureFields, architecture, "architecture", faults);
  }
  if (architecture === null && !shape) return {};
  const spec = namedArchitecture(architecture ?? takers(shape!)[0], "architecture", faults);
  if (!spec || !shape || latent === undefined || condition === undefined) return {};
  const row = architectureRow(spec);
  const expected = row.expected(shape);
  if (expected !== null) {
    const others = takers(shape).map(show).join(" or ");
    faults.push({ path: "shape", expected: `${expected}, or architecture ${others}, which takes this shape`, got: showShape(shape) });
    return {};
  }
  const fromImages = generatorInput({ latent, condition }).length === 3;
  const layersOf = (given: number, found: ErrorDetail[]): Partial<NetworkSpec["architecture"]> => {
    const lists = row.layers({ shape, fromImages, width: given, imagesAlone }, spec);
    return fieldsOf(architectureFields, { ...lists, initialization: row.initialization }, "architecture", found);
  };
  const found: ErrorDetail[] = [];
  const layers = layersOf(width ?? row.defaultWidth, found);
  // Its layers are none of the user's: what is wrong with them is with what they are made by. How many there are is the architecture's own affair, how large they are is not.
  const [fault] = found;
  if (fault && /^architecture\.\w+$/.test(fault.path)) faults.push({ ...fault, path: "architecture" });
  else if (fault) {
    const narrowest: ErrorDetail[] = [];
    layersOf(1, narrowest);
    const path = typeof width === "number" && narrowest.length === 0 ? "width" : "shape";
    faults.push({ ...fault, path, expected: `one with which ${fault.path} is ${fault.expected}` });
  }
  return layers;
}

function checkNetworks(
  { generator, discriminator }: Partial<NetworkSpec["architecture"]>,
  ends: Partial<BothEnds>,
  imagesAlone: string | null,
  faults: ErrorDetail[],
): void {
  checkGenerator(generator, ends, faults);
  if (!discriminator) return;
  const { shape, condition } = ends;
  const path = "architecture.discriminator";
  if (shape && condition !== undefined) {
    const end = traceShapes(discriminator, discriminatorInput({ shape, condition }), path, faults);
    if (end && sizeOf(end) !== 1) faults.push({ path, expected: "layers that end in one number", got: showShape(end) });
  }
  const method = discriminatorMethod(condition ?? null);
  if (method === null || method === "concatenation") checkScores(discriminator, path, faults);
  else checkFeatures(discriminator, path, faults);
  if (imagesAlone === null) return;
  for (const { path: place, type } of findMixing(discriminator, path)) {
    faults.push({ path: place, expected: `a layer that keeps images apart (layerNorm), as ${imagesAlone} needs`, got: type });
  }
}

/** Objectives take scores of any size: of bounded ones those that end in a sigmoid make a second sigmoid, and little is left to learn from. */
function checkScores(discriminator: readonly Layer[], path: string, faults: ErrorDetail[]): void {
  let range = ANY_NUMBER;
  // The layer that first bounds what no layer after it makes unbounded again.
  let bounding = 0;
  for (const [i, l] of discriminator.entries()) {
    if (!isBounded(range)) bounding = i;
    range = rangeOf(l, range);
  }
  if (!isBounded(range)) return;
  const layer = discriminator[bounding]!;
  faults.push({
    path: `${path}[${bounding}]`,
    expected: "scores before any sigmoid or other activation that bounds them",
    got: layer.type === "activation" ? layer.name : layer.type,
  });
}

const isBounded = (range: Range): boolean => range.some(Number.isFinite);

/** A condition is compared with the features that the last layer sums up, or classified by them. */
function checkFeatures(discriminator: readonly Layer[], path: string, faults: ErrorDetail[]): void {
  const last = discriminator.at(-1)!;
  const sums = featureSums(last);
  if (sums === 1) return;
  faults.push({
    path: `${path}[${discriminator.length - 1}]`,
    expected: "a dense layer of one unit, as a condition needs",
    got: sums === null ? last.type : `${sums} units`,
  });
}

/** The smallest batch that both networks can be trained on, with the first layer that needs as many. */
export function leastBatch(spec: NetworkSpec): LeastBatch {
  const { generator, discriminator } = spec.architecture;
  return [
    ...leastBatches(generator, generatorInput(spec), "architecture.generator"),
    ...leastBatches(discriminator, discriminatorInput(spec), "architecture.discriminator"),
  ].reduce((most, other) => (other.size > most.size ? other : most));
}
