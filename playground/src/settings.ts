/** What can be set before a training begins: which data, which networks, how they learn. */
import type { CreateOptions, GANSpec } from "ganvas";

export type DataName = "ring" | "grid" | "faces32" | "faces64" | "digits" | "pictures";
export type ObjectiveName = Extract<NonNullable<CreateOptions["objective"]>, string>;
export type RegularizerName = Extract<NonNullable<CreateOptions["regularizers"]>[number], string>;
export type AugmentationName = "color" | "rotation" | "flip" | "scale" | "translation" | "cutout";
export type BackendName = "auto" | "webgpu" | "wasm";

/** What a description from a file has in place of a choice. */
export const OF_FILE = "file";
type OfFile = typeof OF_FILE;

/** Everything that is set; "default" is what the library takes by itself. */
export interface Settings {
  readonly data: DataName;
  /** Height and width of the person's own pictures. */
  readonly size: 32 | 64;
  readonly architecture: "default" | "mlp" | "dcgan" | "resnet" | "r3gan" | OfFile;
  readonly objective: ObjectiveName | OfFile;
  readonly regularizers: "default" | readonly RegularizerName[] | OfFile;
  readonly augment: "none" | AugmentationName | OfFile;
  /** Of no meaning for an architecture from a file. */
  readonly width: number;
  readonly batchSize: number;
  /** Of both networks; null for the library's own. */
  readonly learningRate: number | null | OfFile;
  readonly seed: number;
  readonly backend: BackendName;
  /** The description from a file that "file" stands for; null where there is none. */
  readonly base: GANSpec | null;
}

/** What can be chosen from a list. */
export type ChoiceName = Exclude<keyof Settings, "seed" | "base">;

export const CHOICES = {
  data: ["faces32", "faces64", "ring", "grid", "digits", "pictures"],
  size: [32, 64],
  architecture: ["default", "mlp", "dcgan", "resnet", "r3gan"],
  objective: [
    "non-saturating-r1",
    "non-saturating",
    "minimax",
    "least-squares",
    "hinge",
    "relativistic",
    "r3gan",
    "sngan",
    "wasserstein",
    "wasserstein-gp",
  ],
  regularizers: [
    "r1",
    "r2",
    "gradient-penalty",
    "dragan",
    "spectral-norm",
    "weight-clipping",
    "instance-noise",
    "label-smoothing",
    "gradient-clipping",
  ],
  augment: ["none", "translation", "cutout", "color", "flip", "rotation", "scale"],
  width: [8, 16, 32, 64, 128, 256],
  batchSize: [16, 32, 64, 128, 256],
  learningRate: [null, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 3e-3],
  backend: ["auto", "wasm", "webgpu"],
} as const satisfies { [K in ChoiceName]: readonly (Settings[K] | RegularizerName | null)[] };

/** What a file may say instead. */
const FROM_FILE = ["architecture", "objective", "regularizers", "augment", "learningRate"] as const;

/** Whether a choice can be left to the file. */
export const canBeOfFile = ({ base }: Pick<Settings, "base">, name: string): boolean => base !== null && FROM_FILE.some((own) => own === name);

/** The library's range: what a number counts exactly to. */
export const LARGEST_SEED = Number.MAX_SAFE_INTEGER;

/** Whether data are points of a plane, and not images. */
export const isPlane = (data: DataName): boolean => data === "ring" || data === "grid";

/** Of fewer examples none are held out. */
export const VALIDATED = 100;

/** Networks that learn while one looks: the library's, narrower where its own are meant for an evening. */
const NETWORK_OF: Readonly<Record<DataName, Pick<Settings, "width" | "batchSize">>> = {
  ring: { width: 128, batchSize: 128 },
  grid: { width: 128, batchSize: 128 },
  faces32: { width: 32, batchSize: 32 },
  faces64: { width: 32, batchSize: 16 },
  digits: { width: 32, batchSize: 32 },
  pictures: { width: 32, batchSize: 16 },
};

export function defaultsFor(data: DataName): Settings {
  return {
    data,
    size: 32,
    architecture: "default",
    objective: "non-saturating-r1",
    regularizers: "default",
    augment: "none",
    ...NETWORK_OF[data],
    learningRate: null,
    seed: 1,
    backend: "auto",
    base: null,
  };
}

/** The shape of one example; of a person's files, what they most often have. */
export function shapeOf({ data, size }: Pick<Settings, "data" | "size">): readonly number[] {
  const shapes = { ring: [2], grid: [2], faces32: [32, 32, 3], faces64: [64, 64, 3], digits: [28, 28, 1], pictures: [size, size, 3] };
  return shapes[data];
}

/** Data of a shape, those of the settings first. */
export const dataOf = (shape: readonly number[], settings: Settings): DataName | undefined =>
  [settings.data, ...CHOICES.data].find((data) => shapeOf({ ...settings, data }).join() === shape.join());

/** What a GAN from a file says of itself, in place of what was set. */
export function settingsOf(base: GANSpec, settings: Settings): Settings {
  const { batchSize, seed } = base;
  const data = dataOf(base.shape, settings) ?? settings.data;
  return { ...settings, data, width: NETWORK_OF[data].width, ...allOf(OF_FILE), batchSize, seed, base };
}

const allOf = <T>(value: T): Readonly<Record<(typeof FROM_FILE)[number], T>> =>
  Object.fromEntries(FROM_FILE.map((name) => [name, value])) as Record<(typeof FROM_FILE)[number], T>;

/** Those that are still the file's, as they are without one. */
function withoutFile(settings: Settings): Partial<Settings> {
  const usual = defaultsFor(settings.data);
  return Object.fromEntries(FROM_FILE.filter((name) => settings[name] === OF_FILE).map((name) => [name, usual[name]]));
}

/** What was left to the file goes with what it was meant for: an objective has regularizers and a rate of its own. */
function leaving(settings: Settings, { objective }: Partial<Settings>): Partial<Settings> {
  if (objective === undefined || objective === settings.objective) return {};
  return { ...(settings.regularizers === OF_FILE && { regularizers: "default" }), ...(settings.learningRate === OF_FILE && { learningRate: null }) };
}

/** Settings with some changed: other data bring their own width and batch along, and leave what does not fit them. */
export function changed(settings: Settings, patch: Partial<Settings>): Settings {
  const data = patch.data ?? settings.data;
  const network = data === settings.data ? {} : NETWORK_OF[data];
  const set = { ...settings, ...leaving(settings, patch), ...network, ...patch };
  const next = set.base && !sameShape(shapeOf(set), set.base.shape) && movesData(patch) ? { ...set, ...withoutFile(set), base: null } : set;
  if (!isPlane(data)) return next;
  return {
    ...next,
    architecture: next.architecture === "mlp" || next.architecture === OF_FILE ? next.architecture : "default",
    augment: next.augment === OF_FILE ? OF_FILE : "none",
  };
}

/** A model that no data fit keeps its file until others are chosen. */
const movesData = ({ data, size }: Partial<Settings>): boolean => data !== undefined || size !== undefined;

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

/** Whether two are the same choices, whatever file they are of. */
export const sameSettings = ({ base: _, ...a }: Settings, { base: __, ...b }: Settings): boolean =>
  Object.entries(a).every(([name, value]) => `${value}` === `${b[name as keyof typeof b]}`);

/** The settings as the library takes them. @param shape of one example @throws Error where a file's networks are of another */
export function optionsOf(settings: Settings, shape: readonly number[]): CreateOptions {
  const { base, architecture, objective, regularizers, augment, width, batchSize, learningRate, seed, backend } = settings;
  const optimizer = typeof learningRate === "number" && { generator: { learningRate }, discriminator: { learningRate } };
  const ofFile = <K extends keyof GANSpec>(...fields: readonly K[]): Pick<GANSpec, K> =>
    Object.fromEntries(fields.map((field) => [field, base![field]])) as Pick<GANSpec, K>;
  if (architecture === OF_FILE && !sameShape(shape, base!.shape))
    throw new Error(
      `the networks of the file make ${base!.shape.join(" × ")}, and the data are ${shape.join(" × ")}: choose other data, or an architecture`,
    );
  return {
    shape: [...shape],
    ...(base && ofFile("condition", "accumulate")),
    ...(architecture === OF_FILE ? ofFile("latent", "architecture") : { ...(architecture !== "default" && { architecture }), width }),
    batchSize,
    ...(objective === OF_FILE ? ofFile("objective", "ema") : { objective }),
    ...(regularizers === OF_FILE ? ofFile("regularizers") : regularizers !== "default" && { regularizers: [...regularizers] }),
    ...(augment === OF_FILE ? ofFile("augment") : augment !== "none" && { augment: [augment] }),
    ...(learningRate === OF_FILE ? ofFile("optimizer") : optimizer && { optimizer }),
    seed,
    ...(backend !== "auto" && { backend }),
  };
}
