import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface DemoOptions {
  /** An IDX file to train on, or null for drawn faces. */
  readonly data: string | null;
  readonly steps: number;
  readonly seed: number;
  /** Folder that the results go to. */
  readonly out: string;
}

/** Steps where the command line does not say. */
export interface DefaultSteps {
  readonly faces: number;
  readonly file: number;
}

/** A command line, or a file it names, that the demo can do nothing with: one line to tell the user. */
export class UsageError extends Error {}

export const usage = `Trains a DCGAN on drawn faces, or on the images of an IDX file (MNIST's format), and writes what it learnt,
every twenty seconds and at the end. Ctrl-C ends it after the step under way; a second one ends it at once.

  npm run demo -- [--data <file>] [--steps <n>] [--seed <n>] [--out <folder>]

  --data <file>   IDX file of images, gzipped or not
  --steps <n>     steps of training
  --seed <n>      of faces, weights and samples (default 1)
  --out <folder>  where the results go (default demo-output)
  -h, --help      this text
`;

/**
 * Reads the command line; null if it asks for help.
 *
 * @param defaultSteps steps where it does not say: on drawn faces, on a file.
 * @throws {UsageError} if it is wrong.
 */
export function parseOptions(argv: readonly string[], defaultSteps: DefaultSteps): DemoOptions | null {
  const { data, steps, seed, out, help } = parse(argv);
  if (help) return null;
  for (const [flag, value] of Object.entries({ data, out })) if (value === "") throw new UsageError(`--${flag}: expected a path, got nothing`);
  return {
    data: data ?? null,
    steps: steps === undefined ? defaultSteps[data === undefined ? "faces" : "file"] : integer("--steps", steps, 1),
    seed: seed === undefined ? 1 : integer("--seed", seed, 0),
    out: out ?? "demo-output",
  };
}

function parse(argv: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({ args: [...argv], options: { data: text, steps: text, seed: text, out: text, help: { type: "boolean", short: "h" } } }).values;
  } catch (error) {
    // Node's message goes on to explain positional arguments, of which there are none here.
    throw new UsageError((error as Error).message.split(/\. |\n/)[0]!, { cause: error });
  }
}

function integer(flag: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`${flag}: expected an integer of at least ${least}, got ${JSON.stringify(text)}`);
  }
  return value;
}
