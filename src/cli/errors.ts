import { BackendError, DataError, GanvasError, SpecError } from "../index.ts";
import { WriteError } from "../node.ts";

/** A command line, or a file it names, that nothing can be done with: one line to tell the user. */
export class UsageError extends Error {}

/** What could not be done although the command line was right: one line to tell the user. */
export class FailedError extends Error {}

/** Options and calls of the library that its messages speak of, and what they are on the command line. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/skipBroken: true/, "--skip-broken"],
  [/labels: "folders"/, "--condition"],
  [/^toPNG(?=:)/, "--scale"],
  [/batchSize, width or image shape/, "--batch-size, --width or --size"],
];

/** A message, in the command line's own names. */
export const inFlags = (message: string): string => NAMES.reduce((text, [name, flag]) => text.replace(name, flag), message);

/** Text as one line. */
export const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, "; ");

/** Runs `work`, and lays what the library refuses to do, or the file system to give, at the door of the command line. `where` leads the line. */
export async function blame<T>(where: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof GanvasError || isSystemError(cause))) throw cause;
    throw new UsageError(oneLine(`${where}${where && ": "}${cause.message}`), { cause });
  }
}

/** Runs `work`, and tells of options of the library that cannot be by the names that they have on the command line. */
export async function blameOptions<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BackendError && ["maxMemory", "memory"].includes(cause.path))
      throw new UsageError(
        `${cause.path === "memory" ? "memory" : "--max-memory"}: expected ${inMegabytes(cause.expected)}, got ${inMegabytes(cause.got)}`,
        { cause },
      );
    if (!(cause instanceof SpecError || (cause instanceof DataError && cause.path === "validation"))) throw cause;
    const faults = cause instanceof SpecError ? cause.faults : [cause];
    throw new UsageError(faults.map(({ path, expected, got }) => `${flagOf(path)}: expected ${expected}, got ${got}`).join("; "), { cause });
  }
}

/** Bytes as the command line has them, rounded up. */
const inMegabytes = (text: string): string =>
  text.replaceAll(/\d{4,}(?: bytes)?/g, (bytes) => `${Math.ceil(Number.parseInt(bytes, 10) / 1e5) / 10} MB`);

/** `batchSize` as `--batch-size`; what follows a name (`augment[0]`) stays. What examples are is given by the data, and the architecture is asked for. */
const flagOf = (path: string): string =>
  path === "shape"
    ? "--architecture"
    : `--${path.replace(/^[a-zA-Z]+/, (name) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))}`;

/** What the operating system refused: a file that is not there, a port in use. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

/** What is told in one line, and not as a fault of the program. */
export function isTold(error: unknown): error is Error {
  return [UsageError, FailedError, GanvasError, WriteError].some((kind) => error instanceof kind) || isSystemError(error);
}
