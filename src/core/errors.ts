import { typedArrayName } from "./arrays.ts";

/** What every error of this library carries: where, what was expected, what came instead. */
export interface ErrorDetail {
  /** Where the fault is, as a path into the caller's input: `generator.layers[3].filter`, `labels[12]`. */
  readonly path: string;
  /** What would have been accepted. */
  readonly expected: string;
  /** What came instead. */
  readonly got: string;
}

/** Base class of every error this library throws on purpose: `message` is one sentence of `path`, `expected` and `got`. */
export abstract class GanvasError extends Error implements ErrorDetail {
  /** The name of the class: written out for each, as minifiers rename classes. */
  abstract override readonly name: string;
  /** Where the fault is, as a path into the caller's input; of the first fault where there are several. */
  readonly path: string;
  /** What would have been accepted. */
  readonly expected: string;
  /** What came instead. */
  readonly got: string;

  /** @internal */
  constructor(detail: ErrorDetail, options?: ErrorOptions & { message?: string }) {
    super(options?.message ?? describe(detail), options);
    this.path = detail.path;
    this.expected = detail.expected;
    this.got = detail.got;
  }
}

/**
 * One sentence: `data.shape: expected [28, 28, 1], got [28, 28]`.
 *
 * @internal
 */
export function describe({ path, expected, got }: ErrorDetail): string {
  return `${path}: expected ${expected}, got ${got}`;
}

/** Options that cannot be: the description of a GAN, or what one of its methods is told. Carries every fault found, not only the first. */
export class SpecError extends GanvasError {
  /** "SpecError". */
  override readonly name = "SpecError";

  /** Every fault, at least one, in the order in which they were found. */
  readonly faults: readonly ErrorDetail[];

  /** @internal */
  constructor(faults: readonly [ErrorDetail, ...ErrorDetail[]]) {
    super(faults[0], { message: faults.map(describe).join("\n") });
    this.faults = faults;
  }
}

/** Shapes that do not fit together, or that cannot be made into what was asked for. */
export class ShapeError extends GanvasError {
  /** "ShapeError". */
  override readonly name = "ShapeError";
}

/** Training data, labels, conditions or latents that cannot be used. */
export class DataError extends GanvasError {
  /** "DataError". */
  override readonly name = "DataError";
}

/** A file that is not a checkpoint of this library, or is damaged. */
export class CheckpointError extends GanvasError {
  /** "CheckpointError". */
  override readonly name = "CheckpointError";
}

/** A backend that cannot do what was asked: missing, out of memory, lost. */
export class BackendError extends GanvasError {
  /** "BackendError". */
  override readonly name = "BackendError";

  /** Whether the backend is gone with all it held: a lost device, a dead thread. Else it refused a request, and goes on. */
  readonly lost: boolean;

  /** @internal */
  constructor(detail: ErrorDetail, options: ErrorOptions & { lost?: boolean } = {}) {
    super(detail, options);
    this.lost = options.lost ?? false;
  }
}

/** Training that cannot go on: a loss or a gradient became NaN or infinite. */
export class TrainingError extends GanvasError {
  /** "TrainingError". */
  override readonly name = "TrainingError";
}

/** A call on an object in the wrong state: disposed, or already busy. */
export class StateError extends GanvasError {
  /** "StateError". */
  override readonly name = "StateError";
}

/**
 * A value as it should appear in an error: short, unambiguous, never a whole array.
 *
 * @internal
 */
export function show(value: unknown): string {
  try {
    return showNested(value, 0);
  } catch {
    return "an object that cannot be read"; // a getter or a proxy of the caller's threw
  }
}

function showNested(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === "number" || typeof value === "boolean" || value === null || value === undefined) return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value))
    return `${typedArrayName(value) ?? "DataView"}(${(value as unknown as ArrayLike<unknown>).length ?? value.byteLength})`;
  if (Array.isArray(value)) {
    if (depth === 3) return "[...]";
    const head = value
      .slice(0, 6)
      .map((v) => showNested(v, depth + 1))
      .join(", ");
    return value.length > 6 ? `[${head}, ... ${value.length} in all]` : `[${head}]`;
  }
  if (typeof value === "object") {
    const name = Object.getPrototypeOf(value)?.constructor?.name;
    return name && name !== "Object" ? `an instance of ${name}` : `{ ${Object.keys(value).slice(0, 6).join(", ")} }`;
  }
  return typeof value;
}
