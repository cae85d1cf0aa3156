/** The page's side of the training: a worker that has the GAN, called as if it were here. */
import { proxy, type Remote, wrap } from "comlink";
import type { Lab, Made, SampleRequest } from "./lab.ts";

/** What can be asked of a GAN, whether it is training or not. */
export interface Session {
  sample(request: SampleRequest): Promise<Made>;
  latents(request: { readonly count: number; readonly seed: number }): Promise<Float32Array>;
  interpolate(a: Float32Array, b: Float32Array, steps: number): Promise<Float32Array>;
  /** The SHA-256 of the picture of a seed, as plain SIMD makes it of the saved generator: the same on every device. */
  fingerprint(request: { readonly seed: number; readonly truncation?: number }): Promise<{ readonly hash: string }>;
}

/** Starts the worker; the library is loaded there when something is first asked of it. */
export function startLab(): Remote<Lab> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "ganvas" });
  return wrap<Lab>(worker);
}

/** A function of the page that the worker can call. */
export const callback = <F extends (...args: never[]) => void>(call: F): F => proxy(call);
