/** Options that several functions here take, with their checks. */
import { type Check, type Fields, integer, oneOf, optional, that } from "../core/check.ts";
import type { Executor } from "../exec/executor.ts";

/** Where something computes. Nothing must be given. */
export interface ComputeOptions {
  /** What computes: the WebAssembly kernels ("wasm"), or plain JavaScript in float64 ("reference"), slow and exact. Default "auto": "wasm" where that can be had, else "reference". */
  readonly backend?: "auto" | "wasm" | "reference" | undefined;
  /** Threads of "wasm", 1 to 256. Results do not depend on it. Default "auto": one for every processor, or one alone where the runtime lets no others start. */
  readonly threads?: number | "auto" | undefined;
}

/** The same, defaults filled in. */
export interface ComputeRequest {
  readonly backend: "auto" | "wasm" | "reference";
  readonly threads: number | "auto";
}

/** Opens what was asked for. @throws BackendError when it is not there */
export type OpenExecutor = (request: ComputeRequest) => Promise<Executor>;

export const COMPUTE: Fields<ComputeRequest> = {
  backend: optional(oneOf("auto", "wasm", "reference"), "auto"),
  threads: optional(
    that<number | "auto">(
      '"auto" or an integer from 1 to 256',
      (v) => v === "auto" || (Number.isInteger(v) && (v as number) >= 1 && (v as number) <= 256),
    ),
    "auto",
  ),
};

/** A function that may be left out. */
export const callback = <T>(): Check<T | undefined> =>
  optional(
    that<T | undefined>("a function", (v) => typeof v === "function"),
    undefined,
  );

export const SEED: Check<number> = optional(integer(0, Number.MAX_SAFE_INTEGER), 0);
