/** What a call of `train` hands out on the way, for its caller to keep. */
import { orAborted } from "../core/abort.ts";
import { type Check, integer, object, optional, real } from "../core/check.ts";
import type { Bytes } from "../core/platform.ts";
import { now, since, withinGrace } from "../core/time.ts";

/** Checkpoints on the way, so that little is lost whatever becomes of the process. Only `write` must be given. */
export interface CheckpointOptions {
  /** How often one is made: whenever so much time has passed, or at every step whose number is divisible by `steps`. Default: every minute. */
  readonly every?:
    | {
        /** From one to the next, at least 1. Default: 60,000, but none where `steps` says when. */
        readonly milliseconds?: number | undefined;
        /** From 1. Default: none. */
        readonly steps?: number | undefined;
      }
    | undefined;
  /**
   * Keeps a checkpoint, the bytes that `save` gives: called, and awaited, between two steps, and once more when the call of `train` ends, however it does, unless nothing has happened since. What it throws ends training.
   *
   * @param bytes the whole GAN, for `loadGAN`
   * @param at the step that left it so
   */
  readonly write: (bytes: Bytes, at: { readonly step: number }) => unknown;
}

/** How often, checked. */
export const EVERY: Check<CheckpointOptions["every"]> = optional<CheckpointOptions["every"]>(
  object({
    milliseconds: optional<number | undefined>(real(1), undefined),
    steps: optional<number | undefined>(integer(1, Number.MAX_SAFE_INTEGER), undefined),
  }),
  undefined,
);

const EVERY_MS = 60_000;

/** When checkpoints are due in one call of `train`, and what was kept of it. */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #milliseconds: number;
  readonly #steps: number;
  readonly #save: () => Promise<Bytes>;
  readonly #end: AbortSignal;
  /** When and after which step the last was kept; at first, when and where the call began. */
  #at = now();
  #step: number;
  /** Whether keeping one has failed: it is not tried again. */
  #failed = false;

  /**
   * @param step the step that training stands at
   * @param save makes a checkpoint
   * @param end aborted when nobody waits for what is being written any more
   */
  constructor(options: CheckpointOptions, step: number, save: () => Promise<Bytes>, end: AbortSignal) {
    this.#options = options;
    const { milliseconds, steps } = options.every ?? {};
    this.#milliseconds = milliseconds ?? (steps === undefined ? EVERY_MS : Number.POSITIVE_INFINITY);
    this.#steps = steps ?? Number.POSITIVE_INFINITY;
    this.#step = step;
    this.#save = save;
    this.#end = end;
  }

  /** Steps from one that is done to the next after which one is due, as far as it is steps that tell. */
  stepsToNext(step: number): number {
    return this.#steps - (step % this.#steps);
  }

  /** Notes that training went back: what a step left it as is not what it was when that step was done before. */
  goBack(): void {
    this.#step = Number.NaN;
  }

  /** Keeps one, where it is due after this step. @returns milliseconds that it took; 0 where none was due */
  async keepWhenDue(step: number): Promise<number> {
    return this.stepsToNext(step - 1) === 1 || since(this.#at) >= this.#milliseconds ? this.keep(step) : 0;
  }

  /** Keeps one, unless the last was of the same step, or failed. @returns milliseconds that it took */
  async keep(step: number): Promise<number> {
    if (step === this.#step || this.#failed) return 0;
    const start = now();
    this.#failed = true;
    const written = Promise.resolve(this.#options.write(await this.#save(), { step }));
    await ((await orAborted(
      written.then(() => true),
      [this.#end],
    )) ?? withinGrace(written));
    this.#failed = false;
    this.#step = step;
    this.#at = now();
    return since(start);
  }
}
