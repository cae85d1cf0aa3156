/** Threads that walk plans together. */
import { SYNC } from "../../../../assembly/format/memory.ts";
import { BackendError } from "../../../core/errors.ts";
import { threadError } from "./failures.ts";
import type { Modules } from "./kernels.ts";
import { startThread } from "./threads.ts";
import type { Thread } from "./ways.ts";

/** A shared memory in which plans are run. */
export interface Workplace {
  /** Its own number in this process. */
  readonly id: number;
  readonly modules: Modules;
  readonly memory: WebAssembly.Memory;
}

/** Words of an order, in memory that all threads of a crew see: number of the run, workplace, address and length of the plan, whether by the exact kernels. */
const ORDER_WORDS = 5;

/** Runs plans in any workplace it was shown, one at a time; the thread that asks only waits, so that its event loop goes on. When one of it ends, all do. */
export class Crew {
  readonly #threads: readonly Thread[];
  readonly #order = new Int32Array(new SharedArrayBuffer(ORDER_WORDS * 4));
  readonly #known = new Set<Workplace>();
  #turn = 0;
  #pending = 0;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;
  #broken: BackendError | undefined;

  private constructor(threads: readonly Thread[]) {
    this.#threads = threads;
    for (const [ith, thread] of threads.entries()) {
      thread.listen((_, error) => {
        if (error !== undefined) this.#end(threadError(error));
        else if (--this.#pending === 0) this.#finish();
      });
      thread.post({ order: this.#order, place: { ith, nth: threads.length, sync: SYNC } });
    }
  }

  /** @param url as of `startThread` @throws BackendError when not all of them start */
  static async start(count: number, url?: string | URL): Promise<Crew> {
    const started = await Promise.allSettled(Array.from({ length: count }, () => startThread(url)));
    const failure = started.find((s) => s.status === "rejected");
    const threads = started.flatMap((s) => (s.status === "fulfilled" ? [s.value] : []));
    if (!failure) return new Crew(threads);
    for (const thread of threads) thread.terminate();
    throw failure.reason;
  }

  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /** Has every thread instantiate the kernels over the workplace's memory. @throws BackendError, though nothing is lost, when one cannot */
  async enter(workplace: Workplace): Promise<void> {
    if (this.#known.has(workplace)) return;
    const { id, modules, memory } = workplace;
    try {
      await this.#tell({ enter: id, modules: [modules.fast, modules.exact], memory }, this.#threads.length);
    } catch (cause) {
      throw new BackendError(
        { path: "threads", expected: "threads that take up work in a session's memory", got: (cause as BackendError).got },
        { cause },
      );
    }
    this.#known.add(workplace);
  }

  /** Has every thread forget the workplace. */
  leave(workplace: Workplace): void {
    if (!this.#known.delete(workplace)) return;
    for (const thread of this.#threads) thread.post({ leave: workplace.id });
  }

  /**
   * Runs the plan of `length` bytes at `plan` of a workplace it has entered.
   *
   * @throws BackendError: lost when a thread ends under way, else when one had ended before
   */
  async run({ id }: Workplace, plan: number, length: number, exact: boolean): Promise<void> {
    if (this.#broken) throw new BackendError(this.#broken, { cause: this.#broken });
    this.#turn = (this.#turn + 1) | 0;
    this.#order.set([id, plan, length, exact ? 1 : 0], 1);
    Atomics.store(this.#order, 0, this.#turn); // those that look out for it begin at once; the message wakes the others
    return this.#tell(this.#turn, 1);
  }

  /** Ends the threads, whatever they are doing. */
  end(): void {
    this.#end(threadError("the threads were ended"));
  }

  /** Sends every thread a message; done when `answers` have come back. */
  #tell(message: unknown, answers: number): Promise<void> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#pending = answers;
      for (const thread of this.#threads) {
        thread.hold(true);
        thread.post(message);
      }
    });
  }

  #finish(error?: BackendError): void {
    for (const thread of this.#threads) thread.hold(false);
    const waiting = this.#settle;
    this.#settle = undefined;
    if (error) waiting?.reject(error);
    else waiting?.resolve();
  }

  #end(error: BackendError): void {
    if (this.#broken) return;
    this.#broken = error;
    for (const thread of this.#threads) thread.terminate();
    this.#finish(error);
  }
}
