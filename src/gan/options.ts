/** What the methods of a GAN take, checked: every fault at once, unknown options by name. */
import {
  boolean,
  type Check,
  checkFields,
  checkOptions,
  type Fields,
  integer,
  isRecord,
  object,
  oneOf,
  optional,
  positive,
  real,
  refuse,
  that,
} from "../core/check.ts";
import { type ErrorDetail, SpecError, show } from "../core/errors.ts";
import { shallowCopy } from "../core/plain.ts";
import type { AbortSignalLike, GPUDeviceLike, URLLike, WasmSource } from "../core/platform.ts";
import { type Shape, showShape } from "../core/shape.ts";
import { type CheckpointOptions, EVERY } from "./checkpoints.ts";
import { CALL, type CallOptions, CONDITION, checkDrawOptions, DRAW, type DrawOptions, WASM } from "./drawOptions.ts";
import type { WeightType } from "./generatorWriter.ts";
import type { StepReport } from "./reports.ts";
import { type GANOptions, type GANSpec, resolveSpec } from "./spec.ts";

/** Where a GAN computes, and how much memory it may have there. Nothing must be given. */
export interface BackendOptions {
  /**
   * What computes: a GPU ("webgpu"), the WebAssembly kernels ("wasm"), or plain JavaScript in float64 ("reference"), slow and exact. Default "auto": "webgpu" where there is
   * a GPU, and for as long as it works, else "wasm". A GPU's results differ from machine to machine in their last bits.
   */
  readonly backend?: "auto" | "webgpu" | "wasm" | "reference" | undefined;
  /** The device, a `GPUDevice`, that "webgpu" computes on, and "auto" then too; it stays the caller's. Default: a device of our own. */
  readonly device?: GPUDeviceLike | undefined;
  /**
   * Threads of the "wasm" backend, 1 to 256, which all GANs with as many of them share. Results do not depend on it. Default "auto": one for every processor, or one alone where the runtime lets
   * no others start.
   */
  readonly threads?: number | "auto" | undefined;
  /** Whether "wasm" training gives the same bits on every machine and runtime, a little slower where there is relaxed SIMD. `sample` always does. Default false. */
  readonly reproducible?: boolean | undefined;
  /** Where the workers' program is, for pages and runtimes that let it be started neither from a blob nor as the file `worker.js` beside the library. */
  readonly workers?:
    | {
        /** The URL of `ganvas/worker.js`, or of a copy of it. */
        readonly url: string | URLLike;
      }
    | undefined;
  /**
   * The kernels of "wasm", where the runtime bars compiling or importing those that the library carries: `ganvas/kernels.wasm` as a `WebAssembly.Module`, its bytes, a `Response`, or a URL. They
   * are for one thread, and give the same bits everywhere. Default: the fastest that the library carries.
   */
  readonly wasm?: WasmSource | undefined;
  /** Bytes the GAN may hold while it computes, at least 1. Default: what the backend can have. */
  readonly maxMemory?: number | undefined;
}

/** A backend asked for, defaults filled in. */
export interface BackendRequest {
  readonly backend: "auto" | "webgpu" | "wasm" | "reference";
  readonly device: GPUDeviceLike | undefined;
  readonly threads: number | "auto";
  readonly reproducible: boolean;
  readonly workers: { readonly url: string | URLLike } | undefined;
  readonly wasm: WasmSource | undefined;
  readonly maxMemory: number | undefined;
}

/** What a new GAN is and where it computes. Only `shape` must be given. */
export interface CreateOptions extends GANOptions, BackendOptions {}

/** Steps between two looks at the losses on a GPU, by default: to look costs about as much as a small step. */
export const GPU_REPORT_EVERY = 10;

/** How long a call of `train` goes on, and what it tells of it. `steps` or `milliseconds` must be given. */
export interface TrainOptions {
  /** Steps to do, 0 to 2^53 - 1: updates of the generator. Default: as many as there is time for. */
  readonly steps?: number | undefined;
  /**
   * The time that the call may take, above 0, with setting up training: it ends before, when the longest of the last hundred steps, and a checkpoint that takes as long as the longest so far, would not fit into what is left. One step at
   * least is done, and the first checkpoint made, as nobody knows how long they will take; data that are waited for take as long as they do. Where a clock stands still while it computes, as on some edge runtimes, give `steps`. Default: as long as the steps take.
   */
  readonly milliseconds?: number | undefined;
  /** Checkpoints on the way, and when the call ends; `fileCheckpoints` of `ganvas/node` keeps them in files. Default: none. */
  readonly checkpoint?: CheckpointOptions | undefined;
  /** Images of one update, 1 to 65536. Default: the GAN's own batch size. */
  readonly batchSize?: number | undefined;
  /**
   * Steps from one look at the losses to the next. In between, steps follow each other without waiting for this thread, which is what keeps a GPU busy; then
   * they are all reported, in order, and the GAN is where the last of them left it. A fault is noticed, and a signal heeded, at the same rate.
   * From 1 to 1024. Default: 10 on WebGPU, else 1.
   */
  readonly reportEvery?: number | undefined;
  /**
   * The share of the examples that is held out, from 0 to 0.5: drawn by the GAN's seed, so that each call with the same data holds out the same. They are never trained on; the divergence on them does not lie where the
   * discriminator knows its images by heart. Only for examples that can be had by their indices, in memory or read. Default 0.
   */
  readonly validation?: number | undefined;
  /**
   * Whether images are trained on, and looked at, with left and right changed as often as not: twice as many where both are alike, as with faces, and wrong for digits. An image that one is made for is turned with it.
   * Which are turned, follows from the GAN's seed. Default false.
   */
  readonly mirror?: boolean | undefined;
  /**
   * What becomes of a training in which something is found wrong (see {@link HealthEvent}). Both networks are looked at every 100 steps (1,000 on WebGPU), or every 6,400 images of the data (64,000) where that is later, for about a hundredth of the time.
   *
   * - `"report"`: it is told, and training goes on.
   * - `"rollback"`: training goes back to the last state in which nothing was wrong, of which two copies are kept in memory, and goes on with half the learning rates; so too where a step is not finite. After ten times
   *   without getting further it ends there, "unhealthy".
   * - `"stop"`: training ends, "unhealthy", as the step leaves it.
   * - `"ignore"`: nothing is looked for; the divergence on images held out is told all the same.
   *
   * Default "report".
   */
  readonly onUnhealthy?: "report" | "rollback" | "stop" | "ignore" | undefined;
  /** A function that is called, and awaited, for every step (see `reportEvery`). What it throws ends training; steps it has not yet been told of stay done. */
  readonly onStep?: ((report: StepReport) => unknown) | undefined;
  /** A signal, of an `AbortController`, that stops training after the steps under way. Default: none. */
  readonly signal?: AbortSignalLike | undefined;
}

/** What a file holds, and what may end making it early. Nothing must be given. */
export interface SaveOptions extends CallOptions {
  /** Whether it holds the generator alone, for `ganvas/sample`: its moving average where the GAN keeps one. It cannot be trained on. Default false. */
  readonly generatorOnly?: boolean | undefined;
  /**
   * What the matrices and filters of a generator alone are rounded to: "float16" or "bfloat16", half as large, or "int8", a quarter, with a scale for each output channel. Biases, gains and
   * statistics stay float32. Default "float32": as they are.
   */
  readonly weights?: WeightType | undefined;
}

/** How many images are made, and what they follow from. Nothing must be given. */
export interface SampleOptions extends DrawOptions {
  /** Whether the generator's moving average makes the images, where the GAN keeps one. Default true. */
  readonly ema?: boolean | undefined;
}

/** What images are judged as, and what may end that early. Nothing must be given. */
export interface DiscriminateOptions extends CallOptions {
  /**
   * What the images are judged as by a conditional GAN that is not told with them: as `sample` takes it, one for all or one for each. Default: the labels of the examples.
   */
  readonly condition?: number | ArrayLike<number> | undefined;
}

/** What training is set up for. */
export interface PrepareOptions {
  /** Images of one update, 1 to 65536. Default: the GAN's own batch size. */
  readonly batchSize?: number | undefined;
}

const URL_LIKE: Check<string | URLLike> = that("a URL", (v) => typeof v === "string" || (isRecord(v) && typeof v.href === "string"));

const BACKEND: Fields<BackendRequest> = {
  backend: optional(oneOf("auto", "webgpu", "wasm", "reference"), "auto"),
  device: optional(
    that<GPUDeviceLike | undefined>("a GPUDevice", (v) => isRecord(v) && "queue" in v && "createBuffer" in v),
    undefined,
  ),
  threads: optional(
    that<number | "auto">(
      '"auto" or an integer from 1 to 256',
      (v) => v === "auto" || (Number.isInteger(v) && (v as number) >= 1 && (v as number) <= 256),
    ),
    "auto",
  ),
  reproducible: optional(boolean, false),
  workers: optional<{ readonly url: string | URLLike } | undefined>(object({ url: URL_LIKE }), undefined),
  wasm: WASM,
  maxMemory: optional<number | undefined>(integer(1, Number.MAX_SAFE_INTEGER), undefined),
};

interface SaveRequest extends SaveOptions {
  readonly weights: WeightType;
}

const SAVE: Fields<SaveRequest> = {
  generatorOnly: optional(boolean, false),
  weights: optional(oneOf("float32", "float16", "bfloat16", "int8"), "float32"),
  ...CALL,
};

const PREPARE: Fields<PrepareOptions> = { batchSize: optional<number | undefined>(integer(1, 65536), undefined) };

const CHECKPOINT: Fields<CheckpointOptions> = {
  every: EVERY,
  write: that<CheckpointOptions["write"]>("a function", (v) => typeof v === "function"),
};

const TRAIN: Fields<TrainOptions> = {
  steps: optional<number | undefined>(integer(0, Number.MAX_SAFE_INTEGER), undefined),
  milliseconds: optional<number | undefined>(positive, undefined),
  checkpoint: optional<CheckpointOptions | undefined>(object(CHECKPOINT), undefined),
  ...PREPARE,
  reportEvery: optional<number | undefined>(integer(1, 1024), undefined),
  validation: optional<number | undefined>(real(0, 0.5), 0),
  mirror: optional<boolean | undefined>(boolean, false),
  onUnhealthy: optional<TrainOptions["onUnhealthy"]>(oneOf("report", "rollback", "stop", "ignore"), "report"),
  onStep: optional(
    that<TrainOptions["onStep"]>("a function", (v) => typeof v === "function"),
    undefined,
  ),
  ...CALL,
};

const SAMPLE: Fields<SampleOptions> = { ...DRAW, ema: optional<boolean | undefined>(boolean, undefined) };

const DISCRIMINATE: Fields<DiscriminateOptions> = { ...CALL, condition: CONDITION };

/** Kernels that are handed in are for one thread. */
function checkTogether({ threads, wasm }: Partial<BackendRequest>, faults: ErrorDetail[]): void {
  if (wasm === undefined || threads === undefined || threads === "auto" || threads === 1) return;
  faults.push({ path: "threads", expected: '1 or "auto" where the kernels are handed in, as they are for one thread', got: `${threads}` });
}

/** Takes the description of a GAN and the choice of a backend apart. @throws SpecError with the faults of both */
export function checkCreateOptions(options: CreateOptions): { spec: GANSpec; request: BackendRequest } {
  const faults: ErrorDetail[] = [];
  const given = shallowCopy(options, "", faults);
  refuse(faults);
  const entries = isRecord(given) ? Object.entries(given) : [];
  const description = isRecord(given) ? Object.fromEntries(entries.filter(([key]) => !Object.hasOwn(BACKEND, key))) : given;
  let spec: GANSpec | undefined;
  try {
    spec = resolveSpec(description as GANOptions, Object.keys(BACKEND));
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    faults.push(...error.faults);
  }
  const request = isRecord(given) ? checkFields(BACKEND, given, "", faults) : {};
  checkTogether(request, faults);
  refuse(faults);
  return { spec: spec!, request: request as BackendRequest };
}

/** @throws SpecError */
export function checkBackendOptions(options: BackendOptions): BackendRequest {
  const request = checkOptions(BACKEND, options);
  const faults: ErrorDetail[] = [];
  checkTogether(request, faults);
  refuse(faults);
  return request;
}

/** @param shape of one example @throws SpecError */
export function checkTrainOptions(options: TrainOptions, shape: Shape): TrainOptions {
  const checked = checkOptions(TRAIN, options);
  if (checked.steps === undefined && checked.milliseconds === undefined)
    refuse([{ path: "steps", expected: "an integer from 0 to 2^53 - 1, or milliseconds", got: "neither" }]);
  if (checked.mirror && shape.length !== 3)
    refuse([{ path: "mirror", expected: "false but for images", got: `true for vectors ${showShape(shape)}` }]);
  return checked;
}

/** @throws SpecError */
export function checkSaveOptions(options: SaveOptions): SaveRequest {
  const checked = checkOptions(SAVE, options);
  if (!checked.generatorOnly && checked.weights !== "float32") {
    refuse([{ path: "weights", expected: '"float32" without generatorOnly, as training goes on from nothing else', got: show(checked.weights) }]);
  }
  return checked;
}

/** @throws SpecError */
export const checkDiscriminateOptions = (options: DiscriminateOptions): DiscriminateOptions => checkOptions(DISCRIMINATE, options);

/** @throws SpecError */
export const checkPrepareOptions = (options: PrepareOptions): PrepareOptions => checkOptions(PREPARE, options);

/** @throws SpecError */
export const checkSampleOptions = (options: SampleOptions): SampleOptions => checkDrawOptions(SAMPLE, options);
