/** What can be set before a training begins: which data, which networks, how they learn. */
import type { CreateOptions, GANSpec } from "ganvas";

export type DataName = "ring" | "grid" | "faces32" | "faces64" | "digits" | "pictures";
export type ObjectiveName = Extract<NonNullable<CreateOptions["objective"]>, string>;
export type RegularizerName = Extract<NonNullable<CreateOptions["regularizers"]>[number], string>;
export type AugmentationName = "color" | "rotation" | "flip" | "scale" | "translation" | "cutout";
export type BackendName = "auto" | "webgpu" | "wasm";

/** Everything that is set; "default" is what the library takes by itself. */
export interface Settings {
  readonly data: DataName;
  /** Height and width of the person's own pictures. */
  readonly size: 32 | 64;
  readonly architecture: "default" | "mlp" | "dcgan" | "resnet" | "r3gan";
  readonly objective: ObjectiveName;
  readonly regularizers: "default" | readonly RegularizerName[];
  readonly augment: "none" | AugmentationName;
  readonly width: number;
  readonly batchSize: number;
  /** Of both networks; null for the library's own. */
  readonly learningRate: number | null;
  readonly seed: number;
  readonly backend: BackendName;
}

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
} as const satisfies { [K in keyof Settings]?: readonly (Settings[K] | RegularizerName | null)[] };

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

/** What a GAN from a file says of itself, in place of what was set; its networks are its own. */
export function settingsOf({ shape, objective, regularizers, batchSize, seed }: GANSpec, settings: Settings): Settings {
  const data = dataOf(shape, settings) ?? settings.data;
  return {
    ...changed(settings, { data }),
    architecture: "default",
    objective: objective.name,
    regularizers: regularizers.map(({ name }) => name),
    augment: "none",
    batchSize,
    learningRate: null,
    seed,
  };
}

/** Settings with some changed: other data bring their own width and batch along, and leave what does not fit them. */
export function changed(settings: Settings, patch: Partial<Settings>): Settings {
  const data = patch.data ?? settings.data;
  const network = data === settings.data ? {} : NETWORK_OF[data];
  const next = { ...settings, ...network, ...patch };
  if (!isPlane(data)) return next;
  return { ...next, architecture: next.architecture === "mlp" ? "mlp" : "default", augment: "none" };
}

/** The settings as the library takes them. @param shape of one example */
export function optionsOf(settings: Settings, shape: readonly number[]): CreateOptions {
  const { architecture, objective, regularizers, augment, width, batchSize, learningRate, seed, backend } = settings;
  const optimizer = learningRate === null ? undefined : { learningRate };
  return {
    shape: [...shape],
    ...(architecture !== "default" && { architecture }),
    width,
    batchSize,
    objective,
    ...(regularizers !== "default" && { regularizers: [...regularizers] }),
    ...(augment !== "none" && { augment: [augment] }),
    ...(optimizer && { optimizer: { generator: optimizer, discriminator: optimizer } }),
    seed,
    ...(backend !== "auto" && { backend }),
  };
}
