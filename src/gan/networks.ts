/** Networks with sessions of their own, which hold their tensors and nothing else. */
import type { Executor } from "../exec/executor.ts";
import { type ParameterSpec, parameters } from "../nn/network.ts";
import type { NetworkSpec } from "../nn/spec.ts";
import type { JudgeSpec } from "../objective/weights.ts";
import { Judge, judgeTensors } from "./judge.ts";
import { Programs } from "./programs.ts";
import { Sampler } from "./sampler.ts";
import { openSession } from "./session.ts";

/** What a network that has a session of its own is opened with. */
export interface OpenOptions {
  /** The most examples of one run. */
  readonly most: number;
  readonly maxMemory?: number | undefined;
  /** The values of each of its tensors; null where they are all zero. */
  tensor(parameter: ParameterSpec): Float32Array | null;
}

/** The generator. @throws BackendError when it needs too much memory */
export async function openSampler(executor: Executor, spec: NetworkSpec, options: OpenOptions): Promise<Sampler> {
  return new Sampler(await open(executor, parameters(spec, "generator"), options), spec, options.most);
}

/** The discriminator. @throws BackendError when it needs too much memory */
export async function openJudge(executor: Executor, spec: JudgeSpec, options: OpenOptions): Promise<Judge> {
  return new Judge(await open(executor, judgeTensors(spec), options), spec, options.most);
}

/** Its programs give the same bits everywhere. */
async function open(executor: Executor, tensors: readonly ParameterSpec[], { tensor, maxMemory }: OpenOptions): Promise<Programs> {
  return new Programs(await openSession(executor, tensors, tensor, { maxMemory, reproducible: true }), { reproducible: true });
}
