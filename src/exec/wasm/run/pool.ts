/** The threads of this process, which all sessions share that compute in as many. */
import type { BackendError } from "../../../core/errors.ts";
import { Lock } from "../../../core/lock.ts";
import { disposed } from "../../checks.ts";
import { Crew, type Workplace } from "./crew.ts";
import { asLoss } from "./failures.ts";
import type { Modules } from "./kernels.ts";

/** Runs plans in a memory. */
export interface Runner {
  /**
   * Runs the plan of `length` bytes at `plan` to its end, with the exact kernels or the fast ones.
   *
   * @throws BackendError: lost when it ended under way, else when it was not begun, as threads cannot be had any more
   */
  run(plan: number, length: number, exact: boolean): Promise<void>;
  /** Ends it; a run under way ends with a StateError. */
  dispose(): void;
}

/** Threads hold on to a memory they left until they next collect garbage, which idle ones may never do: after so many bytes they make way for others. */
const MOST_LEFT_BYTES = 2 ** 27;
/** What a memory counts for at least, as engines set aside gigabytes of addresses for each. */
const LEAST_LEFT_BYTES = 2 ** 22;

/** Those in use, by the number of their threads and where their program is. */
const pools = new Map<string, Pool>();
const keyOf = (threads: number, url: string | URL | undefined): string => `${threads} ${url ?? ""}`;
let workplaces = 0;

/**
 * As many threads as were asked for, for any number of memories: plans take turns, one at a time. They are there as long as an executor or a memory is. When they end before their time, the
 * run under way is lost, and others take their place at the next one.
 */
export class Pool {
  readonly #threads: number;
  readonly #url: string | URL | undefined;
  /** One plan at a time, as threads that wait for each other must all be at the same one. */
  readonly #lock = new Lock();
  #crew: Promise<Crew> | undefined;
  #users = 0;
  /** Bytes of memories that the crew has left. */
  #left = 0;

  private constructor(threads: number, url: string | URL | undefined) {
    this.#threads = threads;
    this.#url = url;
  }

  /** The pool of so many threads, which have started. To be released. @param url as of `startThread` @throws BackendError when they do not */
  static async acquire(threads: number, url?: string | URL): Promise<Pool> {
    const key = keyOf(threads, url);
    const pool = pools.get(key) ?? new Pool(threads, url);
    pools.set(key, pool);
    pool.#users++;
    try {
      await pool.#started();
    } catch (error) {
      pool.release();
      throw error;
    }
    return pool;
  }

  /** Gives back what `acquire` gave. */
  release(): void {
    if (--this.#users > 0) return;
    const key = keyOf(this.#threads, this.#url);
    if (pools.get(key) === this) pools.delete(key);
    this.#endCrew();
  }

  /** Runs plans in `memory`. @throws BackendError, lost, when threads cannot be had any more, or cannot work there */
  async enter(modules: Modules, memory: WebAssembly.Memory): Promise<Runner> {
    const workplace: Workplace = { id: ++workplaces, modules, memory };
    this.#users++;
    let inUse = true;
    let abandon: (error: unknown) => void = () => {};
    const dispose = (): void => {
      if (!inUse) return;
      inUse = false;
      abandon(disposed("session"));
      void this.#lock.run(() => this.#leave(workplace));
      this.release();
    };
    try {
      await this.#lock.run(() => this.#crewAt(workplace));
    } catch (error) {
      dispose();
      throw asLoss(error as BackendError);
    }
    return {
      run: (plan, length, exact) =>
        new Promise((resolve, reject) => {
          abandon = reject;
          const work = async () => {
            if (!inUse) return;
            const crew = await this.#crewAt(workplace);
            if (inUse) await crew.run(workplace, plan, length, exact);
          };
          this.#lock.run(work).then(resolve, reject);
        }),
      dispose,
    };
  }

  /** The threads, in this workplace. */
  async #crewAt(workplace: Workplace): Promise<Crew> {
    const crew = await this.#started();
    await crew.enter(workplace);
    return crew;
  }

  async #started(): Promise<Crew> {
    this.#crew ??= this.#start();
    const starting = this.#crew;
    const crew = await starting;
    if (!crew.broken) return crew;
    this.#forget(starting);
    return this.#started();
  }

  #start(): Promise<Crew> {
    this.#left = 0;
    const starting = Crew.start(this.#threads, this.#url);
    starting.catch(() => this.#forget(starting)); // whoever asks next tries again
    return starting;
  }

  #forget(crew: Promise<Crew>): void {
    if (this.#crew === crew) this.#crew = undefined;
  }

  async #leave(workplace: Workplace): Promise<void> {
    const crew = await this.#crew?.catch(() => undefined);
    crew?.leave(workplace);
    this.#left += Math.max(workplace.memory.buffer.byteLength, LEAST_LEFT_BYTES);
    if (this.#left > MOST_LEFT_BYTES) this.#endCrew();
  }

  #endCrew(): void {
    this.#crew?.then(
      (crew) => crew.end(),
      () => {},
    );
    this.#crew = undefined;
  }
}
