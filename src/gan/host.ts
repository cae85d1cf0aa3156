/** Where a model is computed, and what becomes of it when the hardware fails. */

import { BackendError } from "../core/errors.ts";
import type { Backend, Executor } from "../exec/executor.ts";
import type { Checkpoint, Progress } from "./checkpoint.ts";
import { Model } from "./model.ts";
import type { GANSpec } from "./spec.ts";

export interface HostOptions {
  readonly spec: GANSpec;
  /** What the model goes on from; without one it has first weights. */
  readonly checkpoint?: Checkpoint | undefined;
  readonly maxMemory?: number | undefined;
  /** Gives another executor when the first one fails. Without it a failure is the caller's to deal with. */
  readonly fallback?: ((failure: BackendError) => Promise<Executor>) | undefined;
}

/** The most training that a failure can cost, in milliseconds. A copy of the state takes far less than a hundredth of that. */
const KEEP_MS = 10_000;

/** A model on an executor. With a fallback it keeps copies of the model's state, and moves there from the last one. Calls must not overlap. */
export class Host {
  readonly #options: HostOptions;
  #executor: Executor;
  #model: Model;
  #fallback: HostOptions["fallback"];
  /** The state last kept; none stands for first weights. */
  #kept: Checkpoint | undefined;
  #keptProgress: Progress;
  #keptAt = performance.now();

  private constructor(executor: Executor, model: Model, options: HostOptions) {
    this.#options = options;
    this.#executor = executor;
    this.#model = model;
    this.#fallback = options.fallback;
    this.#kept = options.fallback && options.checkpoint;
    this.#keptProgress = model.progress;
  }

  /**
   * Opens the model on `executor`, or on the fallback where that one cannot have it. The executor is disposed of with the host.
   *
   * @throws BackendError when training needs more memory than there is
   */
  static async open(executor: Executor, options: HostOptions): Promise<Host> {
    try {
      return new Host(executor, await openModel(executor, options, options.checkpoint), options);
    } catch (error) {
      if (!options.fallback || !(error instanceof BackendError)) throw error;
      return Host.open(await options.fallback(error), { ...options, fallback: undefined });
    }
  }

  get backend(): Backend {
    return this.#executor.backend;
  }

  get model(): Model {
    return this.#model;
  }

  /** Does `work`. Where the executor fails at it, it is done over on the fallback, with the model in the state last kept. */
  async run<T>(work: (model: Model) => Promise<T>): Promise<T> {
    try {
      return await work(this.#model);
    } catch (error) {
      if (!this.#fallback || !(error instanceof BackendError) || !error.lost) throw error;
      await this.#move(await this.#fallback(error));
    }
    return work(this.#model);
  }

  /** Keeps the state as it is, where there is a fallback that could need it. */
  async keep(): Promise<void> {
    if (!this.#fallback || this.#model.progress === this.#keptProgress) return;
    this.#kept = await this.#model.checkpoint();
    this.#keptProgress = this.#model.progress;
    this.#keptAt = performance.now();
  }

  /** Whether the state was last kept too long ago, where it is kept at all. */
  get keepIsDue(): boolean {
    return this.#fallback !== undefined && performance.now() - this.#keptAt >= KEEP_MS;
  }

  /** Keeps the state if that is due. */
  async keepWhenDue(): Promise<void> {
    if (this.keepIsDue) await this.keep();
  }

  dispose(): void {
    this.#model.dispose();
    this.#executor.dispose();
  }

  async #move(executor: Executor): Promise<void> {
    const model = await openModel(executor, this.#options, this.#kept);
    this.dispose();
    this.#model = model;
    this.#executor = executor;
    this.#fallback = undefined;
    this.#kept = undefined;
  }
}

async function openModel(executor: Executor, { spec, maxMemory }: HostOptions, checkpoint: Checkpoint | undefined): Promise<Model> {
  try {
    return await Model.open(executor, spec, { checkpoint, maxMemory });
  } catch (error) {
    executor.dispose();
    throw error;
  }
}
