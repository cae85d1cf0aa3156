/** What is asked of a generator, checked: every fault at once, unknown options by name. */
import { SIGNAL } from "../core/abort.ts";
import { isFloat32Array, typedArrayName } from "../core/arrays.ts";
import { type Check, checkOptions, type Fields, integer, optional, real, refuse, that } from "../core/check.ts";
import { show } from "../core/errors.ts";
import type { AbortSignalLike, WasmSource } from "../core/platform.ts";

/** What may end a call early. Nothing must be given. */
export interface CallOptions {
  /** A signal, of an `AbortController`, that ends the call, which then throws the signal's reason. Default: none. */
  readonly signal?: AbortSignalLike | undefined;
}

/** How many images are made, and what they follow from. Nothing must be given. */
export interface DrawOptions extends CallOptions {
  /** Number of images, 1 to 2^24, and at most 2^29 numbers in all. Default 1, or as many as there are indices or latents. */
  readonly count?: number | undefined;
  /** Which images of the seed are made, integers from 0 to 2^53 - 1, in place of the first `count`: so that many images may be made part by part, by several programs. */
  readonly indices?: ArrayLike<number> | undefined;
  /** What the latents follow from, and the classes where none are asked for, 0 to 2^53 - 1. Image i depends on the seed and i alone. Default 0. */
  readonly seed?: number | undefined;
  /**
   * What the images of a conditional GAN are made for: one class for all or `[count]` classes, one vector `[size]` for all or `[count, size]`, one image `[height, width, channels]` for all or
   * `[count, height, width, channels]`, its numbers in [-1, 1] or bytes. Default: classes drawn from the seed, by their share in training so far (all alike before it, and for files that do not
   * tell); vectors and images must be given.
   */
  readonly condition?: number | ArrayLike<number> | undefined;
  /**
   * The largest magnitude of a latent's values, in standard deviations, at least 0.01; larger ones are drawn again (Brock, Donahue & Simonyan 2019, the truncation trick): less
   * variety, fewer odd images. Default: no limit.
   */
  readonly truncation?: number | undefined;
  /** The latents z themselves, `[count, latent]`, instead of a seed. */
  readonly latents?: Float32Array | undefined;
}

/** How many latents are drawn, and what they follow from. Nothing must be given. */
export interface LatentOptions {
  /** Number of latents, 1 to 2^24. Default 1. */
  readonly count?: number | undefined;
  /** What the latents follow from, 0 to 2^53 - 1; latent i depends on the seed and i alone. Default 0. */
  readonly seed?: number | undefined;
  /** The largest magnitude of a latent's values, in standard deviations, at least 0.01; larger ones are drawn again. Default: no limit. */
  readonly truncation?: number | undefined;
}

const MOST_COUNT = 2 ** 24;
const COUNT = integer(1, MOST_COUNT);
const SEED = integer(0, Number.MAX_SAFE_INTEGER);

export const CALL: Fields<CallOptions> = { signal: SIGNAL };

/** Kernels that are handed in. */
export const WASM = optional(
  that<WasmSource | undefined>(
    "a WebAssembly.Module, bytes, a Response or a URL",
    (v) => typeof v === "string" || (typeof v === "object" && v !== null),
  ),
  undefined,
);

const LATENTS: Fields<LatentOptions> = {
  count: optional<number | undefined>(COUNT, undefined),
  seed: optional<number | undefined>(SEED, undefined),
  truncation: optional<number | undefined>(real(0.01), undefined),
};

export const CONDITION = optional(
  that<DrawOptions["condition"]>("a class, or an array of numbers", (v) => typeof v === "number" || isNumbers(v)),
  undefined,
);

/** As a copy: it is looked at when it is the turn of the call. */
const INDICES: Check<readonly number[] | undefined> = (value, path, faults) => {
  const given = isNumbers(value) ? Array.from(value as ArrayLike<unknown>) : [];
  if (given.length > 0 && given.length <= MOST_COUNT && given.every((i) => Number.isSafeInteger(i) && (i as number) >= 0)) return given as number[];
  faults.push({ path, expected: "1 to 2^24 integers from 0 on", got: show(value) });
  return undefined;
};

export const DRAW: Fields<DrawOptions> = {
  ...LATENTS,
  ...CALL,
  indices: optional<DrawOptions["indices"]>(INDICES, undefined),
  condition: CONDITION,
  latents: optional(that<Float32Array | undefined>("a Float32Array", isFloat32Array), undefined),
};

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) || typedArrayName(value) !== undefined;
}

/** @throws SpecError */
export const checkLatentOptions = (options: LatentOptions): LatentOptions => checkOptions(LATENTS, options);

/** What a generator is asked for. @throws SpecError */
export function checkDrawOptions<T extends DrawOptions>(fields: Fields<T>, options: T): T {
  const checked = checkOptions(fields, options);
  const refuseWith = (given: "latents" | "indices", ...others: readonly ("truncation" | "indices" | "count")[]): void => {
    for (const path of others) {
      if (checked[given] && checked[path] !== undefined) refuse([{ path, expected: `none where ${given} are given`, got: show(checked[path]) }]);
    }
  };
  refuseWith("latents", "truncation", "indices");
  refuseWith("indices", "count");
  return checked;
}
