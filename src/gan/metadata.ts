/** What the metadata of a file say: its format, the description in it, how often each class was seen. */
import { CheckpointError, describe, SpecError, show } from "../core/errors.ts";
import { parseJSON } from "../formats/json.ts";
import type { GeneratorCondition } from "../nn/condition.ts";

export const FORMAT = "ganvas";
export const VERSION = "1";
/** `kind` of a file that holds a generator alone; a checkpoint has none. */
export const GENERATOR = "generator";

/** The name of the scales of a tensor's channels, where it consists of integers. */
export const scaleName = (name: string): string => `${name}/scale`;

export type Metadata = Readonly<Record<string, string>>;

/** @throws CheckpointError when a file is not one of ours */
export function checkFormat({ format, version }: Metadata): void {
  if (format !== FORMAT) fail("metadata.format", show(FORMAT), show(format));
  if (version !== VERSION) fail("metadata.version", show(VERSION), show(version));
}

/** Several times the longest description of a GAN there can be. */
const MOST_CHARACTERS = 2 ** 18;
/** Deeper than any description of a GAN is nested. */
const MOST_LEVELS = 32;

/** The description of a GAN, not yet checked. @throws CheckpointError */
export function parseSpec({ spec = "" }: Metadata): unknown {
  if (spec.length > MOST_CHARACTERS) fail("metadata.spec", `at most ${MOST_CHARACTERS} characters`, `${spec.length}`);
  return parse("metadata.spec", spec);
}

/** How far training has come, not yet checked: as long as the header allows, half of which the counts of as many classes as there may be need. @throws CheckpointError */
export function parseProgress({ progress = "" }: Metadata): Readonly<Record<string, unknown>> | null {
  return parse("metadata.progress", progress) as Readonly<Record<string, unknown>> | null;
}

function parse(path: string, text: string): unknown {
  try {
    return parseJSON(text, MOST_LEVELS);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    fail(path, `JSON of at most ${MOST_LEVELS} levels`, show(text));
  }
}

/** Counters go no further, so that adding to them stays exact. */
const MOST_PROGRESS = 2 ** 48;

/** A counter of a file's progress. @throws CheckpointError */
export function checkCount(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MOST_PROGRESS) return value as number;
  fail(`metadata.progress.${name}`, "an integer from 0 to 2^48", show(value));
}

/** How many classes there are that may have been seen. */
export const classCount = (condition: GeneratorCondition | null): number => (condition && "classes" in condition ? condition.classes : 0);

/** Examples seen of each class; files of earlier versions do not tell. @throws CheckpointError */
export function checkClassesSeen(value: unknown, classes: number): number[] {
  const seen: unknown = value ?? new Array<number>(classes).fill(0);
  if (!Array.isArray(seen) || seen.length !== classes) fail("metadata.progress.classesSeen", `a list of ${classes} numbers`, show(seen));
  return seen.map((n, label) => checkCount(`classesSeen[${label}]`, n));
}

/** What `read` makes of a file's description. @throws CheckpointError where it throws a SpecError */
export function readSpec<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof SpecError)) throw cause;
    const { faults } = cause;
    const got = faults.slice(0, 8).map(describe).join("; ") + (faults.length > 8 ? `; ${faults.length} faults in all` : "");
    throw new CheckpointError({ path: "metadata.spec", expected: `the description of ${what}`, got }, { cause });
  }
}

/** What roots are taken of: optimizer slots, running variances and their averages. */
export const SQUARES = /\/(adam|rmsprop)\.v$|\.runningVariance(\/ema)?$/;

/** @throws CheckpointError */
export function fail(path: string, expected: string, got: string): never {
  throw new CheckpointError({ path, expected, got });
}
