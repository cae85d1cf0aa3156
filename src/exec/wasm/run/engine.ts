/** A linear memory and whoever computes in it, wherever they are. */
import { memoryRefused } from "../../checks.ts";
import type { Fill } from "../../executor.ts";
import { threadError } from "./failures.ts";
import { instantiate, type Modules } from "./kernels.ts";
import type { Pool, Runner } from "./pool.ts";
import { checkWebAssembly } from "./source.ts";

/** What a session needs of its memory. What is asked is done in the order asked. */
export interface Engine {
  /** Copies values to a byte address. */
  write(address: number, values: Float32Array | Int32Array): void;
  /** Has `fill` write floats to a byte address. */
  fill(address: number, length: number, fill: Fill): void;
  /** A copy of the floats at a byte address. */
  read(address: number, length: number): Promise<Float32Array>;
  /** Makes the memory larger. @throws BackendError when the runtime refuses */
  grow(pages: number): Promise<void>;
  /**
   * Runs the plan of `length` bytes at `plan` to its end, with the exact kernels or the fast ones.
   *
   * @throws BackendError: lost when it ended under way, else when it was not begun
   */
  run(plan: number, length: number, exact: boolean): Promise<void>;
  /** Ends it; what is under way ends with a StateError. */
  dispose(): void;
}

/** Bytes of a page of WebAssembly's memory. */
export const PAGE = 65536;
/** WebAssembly's own limit, in pages. */
export const MAX_PAGES = 65536;

/**
 * Computes in the thread that calls. Kernels that are still being compiled are waited for when they are to run.
 *
 * @throws BackendError when the runtime has not that much memory, or does not instantiate the kernels
 */
export async function localEngine(modules: Modules | Promise<Modules>, pages: number): Promise<Engine> {
  const memory = newMemory({ initial: pages });
  const instantiated = async ({ fast: module, exact }: Modules) => {
    const fast = await instantiate(module, memory);
    return { fast, exact: exact === module ? fast : await instantiate(exact, memory) };
  };
  const kernels = modules instanceof Promise ? modules.then(instantiated) : instantiated(modules);
  if (modules instanceof Promise)
    kernels.catch(() => {}); // whoever runs something is told
  else await kernels;
  return engineOver(memory, {
    async run(plan, length, isExact) {
      const { fast, exact } = await kernels;
      try {
        (isExact ? exact : fast).run(plan, length, 0, 1, 0);
      } catch (cause) {
        throw threadError(cause);
      }
    },
    dispose() {},
  });
}

/** Computes in the threads of a pool over shared memory. @throws BackendError likewise */
export async function sharedEngine(modules: Modules, pages: number, pool: Pool): Promise<Engine> {
  const memory = newMemory({ initial: pages, maximum: MAX_PAGES, shared: true });
  return engineOver(memory, await pool.enter(modules, memory));
}

/** An engine whose memory this thread can see. */
function engineOver(memory: WebAssembly.Memory, runner: Runner): Engine {
  return {
    write(address, values) {
      const view = values instanceof Float32Array ? Float32Array : Int32Array;
      new view(memory.buffer, address, values.length).set(values);
    },
    fill: (address, length, fill) => fill(new Float32Array(memory.buffer, address, length)),
    read: async (address, length) => new Float32Array(memory.buffer, address, length).slice(),
    async grow(pages) {
      try {
        memory.grow(pages);
      } catch (cause) {
        throw memoryRefused(cause);
      }
    },
    run: (plan, length, exact) => runner.run(plan, length, exact),
    dispose: () => runner.dispose(),
  };
}

function newMemory(descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
  checkWebAssembly();
  try {
    return new WebAssembly.Memory(descriptor);
  } catch (cause) {
    throw memoryRefused(cause);
  }
}
