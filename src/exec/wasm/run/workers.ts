/** Who computes: threads that share memory, one in a worker, or the one that calls. */
import { MAX_THREADS } from "../../../../assembly/format/opcodes.ts";
import { BackendError } from "../../../core/errors.ts";
import { isPage } from "../../../core/runtime.ts";
import type { Executor } from "../../executor.ts";
import { type Engine, localEngine, sharedEngine } from "./engine.ts";
import type { Modules } from "./kernels.ts";
import { whyNotShared } from "./module.ts";
import { Pool } from "./pool.ts";
import { remoteEngine } from "./remote.ts";
import { availableThreads, startThread } from "./threads.ts";
import type { Thread } from "./ways.ts";

export interface WorkersOptions {
  /** How many threads compute; "auto" is one for every processor. Results do not depend on it. Default "auto". */
  readonly threads?: number | "auto";
  /** Where one thread computes: where it is called from, or in a worker, so that a page stays responsive. Default: "worker" on a page, else "here". */
  readonly place?: "here" | "worker";
  /** Where the program of workers is, for pages where neither a blob nor the file beside this one will do. */
  readonly url?: string | URL | undefined;
}

/** To be disposed of. */
export interface Workers {
  readonly threads: number;
  /** What is lost when they end before their time, as other threads than the one that calls may. */
  readonly atRisk: Executor["atRisk"];
  /** What kept them from being more, or elsewhere; null when nothing did. */
  readonly obstacle: string | null;
  /** An engine of theirs. @throws BackendError when it cannot be had */
  engine(modules: Modules, pages: number): Promise<Engine>;
  dispose(): void;
}

/**
 * Starts them. Where memory cannot be shared it is one thread; and what nobody asked for in so many words is done without when it does not start.
 *
 * @throws BackendError when threads were asked for by number, or a worker by name, and do not start
 */
export async function startWorkers({ threads = "auto", place, url }: WorkersOptions): Promise<Workers> {
  const wanted = Math.min(threads === "auto" ? availableThreads() : threads, MAX_THREADS);
  let obstacle = wanted > 1 ? await whyNotShared() : null;
  if (wanted > 1 && !obstacle) {
    try {
      return pooled(await Pool.acquire(wanted, url), wanted);
    } catch (error) {
      obstacle = obstacleOf(error, threads === "auto");
    }
  }
  const single = obstacle && `one thread, for ${obstacle}`;
  if (place === "here" || (!place && !isPage())) return here(single);
  try {
    return remote(await startThread(url), () => startThread(url), single);
  } catch (error) {
    return here(`one thread, the one that calls, for ${obstacleOf(error, !place)}`);
  }
}

/** Why workers do not start. @throws the error itself unless they are dispensable */
function obstacleOf(error: unknown, dispensable: boolean): string {
  if (dispensable && error instanceof BackendError) return `no worker starts: ${error.got}`;
  throw error;
}

function pooled(pool: Pool, threads: number): Workers {
  let held = true;
  return {
    threads,
    atRisk: "updates",
    obstacle: null,
    engine: (modules, pages) => sharedEngine(modules, pages, pool),
    dispose() {
      if (held) pool.release();
      held = false;
    },
  };
}

function here(obstacle: string | null): Workers {
  return { threads: 1, atRisk: "nothing", obstacle, engine: localEngine, dispose() {} };
}

/** One worker an engine. @param first that of the first */
function remote(first: Thread, start: () => Promise<Thread>, obstacle: string | null): Workers {
  let spare: Thread | undefined = first;
  return {
    threads: 1,
    atRisk: "everything",
    obstacle,
    async engine(modules, pages) {
      const thread = spare ?? (await start());
      spare = undefined;
      return remoteEngine(modules, pages, thread);
    },
    dispose: () => spare?.terminate(),
  };
}
