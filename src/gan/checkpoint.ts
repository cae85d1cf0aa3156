/** A GAN as a file: safetensors, with its description and its progress in the metadata. */

import { CheckpointError, describe, SpecError, show } from "../core/errors.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { checksum, findNegative, findOutside } from "../core/values.ts";
import { parseJSON } from "../formats/json.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../formats/safetensors.ts";
import { type TrainingVariable, variables } from "../objective/variables.ts";
import { type GANOptions, type GANSpec, resolveSpec } from "./spec.ts";

const FORMAT = "ganvas";
const VERSION = "1";

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
}

/** Before the first step. */
export function firstProgress({ condition }: GANSpec): Progress {
  const classes = condition && "classes" in condition ? condition.classes : 0;
  return { generatorUpdates: 0, discriminatorUpdates: 0, imagesSeen: 0, classesSeen: new Array<number>(classes).fill(0) };
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
    progress: JSON.stringify(progress),
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
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.format !== FORMAT) fail("metadata.format", show(FORMAT), show(metadata.format));
  if (metadata.version !== VERSION) fail("metadata.version", show(VERSION), show(metadata.version));
  const { spec, expected } = checkSpec(parse("metadata.spec", metadata.spec, MOST_CHARACTERS));
  const progress = checkProgress(parse("metadata.progress", metadata.progress), firstProgress(spec));
  const checksums = new Map<string, number>();
  for (const { name, shape } of expected) {
    const tensor = tensors.get(name);
    if (!tensor) fail(`tensor ${show(name)}`, `shape ${showShape(shape)}`, "no such tensor");
    if (!sameShape(tensor.shape, shape)) fail(`tensor ${show(name)}`, `shape ${showShape(shape)}`, showShape(tensor.shape));
    const sum = checksum(tensor.data);
    if (sum === null) {
      const fault = findOutside(tensor.data);
      fail(`tensor ${show(name)}[${fault}]`, "a number of magnitude below 2^127", `${tensor.data[fault]}`);
    }
    checksums.set(name, sum);
    const negative = SQUARES.test(name) ? findNegative(tensor.data) : -1;
    if (negative >= 0) fail(`tensor ${show(name)}[${negative}]`, "a mean of squares, at least 0", `${tensor.data[negative]}`);
  }
  const known = new Set(expected.map(({ name }) => name));
  for (const name of tensors.keys()) if (!known.has(name)) fail(`tensor ${show(name)}`, "no tensor of this name", "one");
  return { spec, progress, tensors, checksums };
}

/** Several times the longest description of a GAN there can be. */
const MOST_CHARACTERS = 2 ** 18;
/** Deeper than any description of a GAN is nested. */
const MOST_LEVELS = 32;

/** @param most characters. Default: what the header may hold, as the counts of as many classes as there may be need half of that */
function parse(path: string, text = "", most = Number.POSITIVE_INFINITY): unknown {
  if (text.length > most) fail(path, `at most ${most} characters`, `${text.length}`);
  try {
    return parseJSON(text, MOST_LEVELS);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    fail(path, `JSON of at most ${MOST_LEVELS} levels`, show(text));
  }
}

/** Counters go no further, so that adding to them stays exact. */
const MOST_PROGRESS = 2 ** 48;
/** What roots are taken of: optimizer slots, running variances and their averages. */
const SQUARES = /\/(adam|rmsprop)\.v$|\.runningVariance(\/ema)?$/;

/** @param first progress before the first step, which has as many classes */
function checkProgress(value: unknown, first: Progress): Progress {
  const given = value as Partial<Record<keyof Progress, unknown>> | null;
  const check = (path: string, n: unknown): number => {
    if (!Number.isSafeInteger(n) || (n as number) < 0 || (n as number) > MOST_PROGRESS) fail(path, "an integer from 0 to 2^48", show(n));
    return n as number;
  };
  const count = (name: Exclude<keyof Progress, "classesSeen">): number => check(`metadata.progress.${name}`, given?.[name]);
  // Files of earlier versions do not tell.
  const seen = given?.classesSeen ?? first.classesSeen;
  if (!Array.isArray(seen) || seen.length !== first.classesSeen.length) {
    fail("metadata.progress.classesSeen", `a list of ${first.classesSeen.length} numbers`, show(seen));
  }
  return {
    generatorUpdates: count("generatorUpdates"),
    discriminatorUpdates: count("discriminatorUpdates"),
    imagesSeen: count("imagesSeen"),
    classesSeen: seen.map((n, label) => check(`metadata.progress.classesSeen[${label}]`, n)),
  };
}

function checkSpec(value: unknown): { spec: GANSpec; expected: readonly TrainingVariable[] } {
  try {
    const spec = resolveSpec(value as GANOptions);
    return { spec, expected: variables(spec) };
  } catch (cause) {
    if (!(cause instanceof SpecError)) throw cause;
    const { faults } = cause;
    const got = faults.slice(0, 8).map(describe).join("; ") + (faults.length > 8 ? `; ${faults.length} faults in all` : "");
    throw new CheckpointError({ path: "metadata.spec", expected: "the description of a GAN", got }, { cause });
  }
}

function fail(path: string, expected: string, got: string): never {
  throw new CheckpointError({ path, expected, got });
}
