/** A GAN as a file: safetensors, with its description and its progress in the metadata. */

import { show } from "../core/errors.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { checksum, findNegative, findOutside } from "../core/values.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../formats/safetensors.ts";
import { augmentBounds } from "../objective/augment.ts";
import { variables } from "../objective/variables.ts";
import {
  checkClassesSeen,
  checkCount,
  checkFormat,
  classCount,
  FORMAT,
  fail,
  GENERATOR,
  parseProgress,
  parseSpec,
  readSpec,
  SQUARES,
  VERSION,
} from "./metadata.ts";
import { type GANOptions, type GANSpec, resolveSpec } from "./spec.ts";

/** How far training has come: with the seed, everything that later random numbers and batches depend on. */
export interface Progress {
  /** Updates of the generator. */
  readonly generatorUpdates: number;
  /** Updates of the discriminator. */
  readonly discriminatorUpdates: number;
  /** Images taken from the data. */
  readonly imagesSeen: number;
  /** Of these, how many there were of each class; none where the condition is not a class. */
  readonly classesSeen: readonly number[];
  /** What learning rates are multiplied by, above 0 and at most 1. */
  readonly learningRateFactor: number;
}

/** Before the first step. */
export function firstProgress({ condition }: GANSpec): Progress {
  const classesSeen = new Array<number>(classCount(condition)).fill(0);
  return { generatorUpdates: 0, discriminatorUpdates: 0, imagesSeen: 0, classesSeen, learningRateFactor: 1 };
}

/** Everything that goes into a file and comes out of it. */
export interface Checkpoint {
  readonly spec: GANSpec;
  readonly progress: Progress;
  /** Weights, statistics, moving averages and optimizer slots by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Writes a checkpoint as a safetensors file. */
export function encodeCheckpoint({ spec, progress, tensors }: Checkpoint): Uint8Array<ArrayBuffer> {
  return encodeSafetensors(tensors, {
    format: FORMAT,
    version: VERSION,
    spec: JSON.stringify(spec),
    // Only a training that was rolled back has a factor.
    progress: JSON.stringify({ ...progress, learningRateFactor: progress.learningRateFactor === 1 ? undefined : progress.learningRateFactor }),
  });
}

/** A checkpoint as it was read, with what tells later whether its bytes are still the same. */
export interface DecodedCheckpoint extends Checkpoint {
  /** `checksum` of each tensor's values, by the tensor's name. */
  readonly checksums: ReadonlyMap<string, number>;
}

/**
 * Reads a checkpoint. Its tensors lie in the file's own bytes.
 *
 * @param bytes a file that `encodeCheckpoint` wrote, or one that claims to be
 * @throws CheckpointError when the file is damaged, of another kind or version, or does not hold exactly these tensors, all of finite numbers below 2^127
 */
export function decodeCheckpoint(bytes: Uint8Array): DecodedCheckpoint {
  const file = decodeSafetensors(bytes);
  const { metadata } = file;
  checkFormat(metadata);
  if (metadata.kind === GENERATOR) {
    const expected = "a checkpoint, with discriminator and optimizer state: save() without generatorOnly keeps everything";
    fail("file", expected, "a generator alone, made for createSampler of ganvas/sample");
  }
  const spec = readSpec("a GAN", () => resolveSpec(parseSpec(metadata) as GANOptions));
  const progress = checkProgress(parseProgress(metadata), spec);
  const tensors = new Map<string, Tensor>();
  const checksums = new Map<string, number>();
  for (const { name, shape, role } of variables(spec)) {
    const tensor = file.tensors.get(name);
    if (!tensor) fail(`tensor ${show(name)}`, `shape ${showShape(shape)}`, "no such tensor");
    if (tensor.dtype !== "F32") fail(`tensor ${show(name)}.dtype`, '"F32", from which alone training goes on', show(tensor.dtype));
    if (!sameShape(tensor.shape, shape)) fail(`tensor ${show(name)}`, `shape ${showShape(shape)}`, showShape(tensor.shape));
    const sum = checksum(tensor.data);
    if (sum === null) {
      const fault = findOutside(tensor.data);
      fail(`tensor ${show(name)}[${fault}]`, "a number of magnitude below 2^127", `${tensor.data[fault]}`);
    }
    checksums.set(name, sum);
    const negative = SQUARES.test(name) ? findNegative(tensor.data) : -1;
    if (negative >= 0) fail(`tensor ${show(name)}[${negative}]`, "a mean of squares, at least 0", `${tensor.data[negative]}`);
    if (role === "augmentation") checkBounds(name, tensor.data[0]!);
    tensors.set(name, tensor);
  }
  for (const name of file.tensors.keys()) if (!tensors.has(name)) fail(`tensor ${show(name)}`, "no tensor of this name", "one");
  return { spec, progress, tensors, checksums };
}

function checkBounds(name: string, value: number): void {
  const [least, most] = augmentBounds(name);
  if (value < least || value > most) fail(`tensor ${show(name)}`, `a number from ${least} to ${most}`, `${value}`);
}

function checkProgress(value: Partial<Record<keyof Progress, unknown>> | null, { condition }: GANSpec): Progress {
  const count = (name: "generatorUpdates" | "discriminatorUpdates" | "imagesSeen"): number => checkCount(name, value?.[name]);
  return {
    generatorUpdates: count("generatorUpdates"),
    discriminatorUpdates: count("discriminatorUpdates"),
    imagesSeen: count("imagesSeen"),
    classesSeen: checkClassesSeen(value?.classesSeen, classCount(condition)),
    learningRateFactor: checkFactor(value?.learningRateFactor),
  };
}

/** Files of trainings that were never rolled back have none. */
function checkFactor(value: unknown): number {
  if (value === undefined) return 1;
  if (Number.isFinite(value) && (value as number) > 0 && (value as number) <= 1) return value as number;
  fail("metadata.progress.learningRateFactor", "a number above 0, at most 1", show(value));
}
