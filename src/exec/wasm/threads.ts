/** The threads that walk a plan together, and the one way to run a plan whatever their number. */
import { BackendError } from "../../core/errors.ts";
import { type Build, instantiate } from "./module.ts";

/** Runs plans in a memory. */
export interface Runner {
  /** Runs the plan of `length` bytes at `plan` to its end, with the exact kernels or the fast ones. */
  run(plan: number, length: number, exact: boolean): Promise<void>;
  dispose(): void;
}

/** The first bytes of memory are kept for these: where the threads meet (see assembly/barrier.ts), and what they are to run (see worker.js). */
const SYNC = 64;
const ORDER = 256;

/** Runs plans in this thread, one call each. */
export async function singleRunner(build: Build, memory: WebAssembly.Memory): Promise<Runner> {
  const fast = await instantiate(build.fast, memory);
  const exact = build.exact === build.fast ? fast : await instantiate(build.exact, memory);
  return {
    run: async (plan, length, isExact) => (isExact ? exact : fast).run(plan, length, 0, 1, SYNC),
    dispose() {},
  };
}

/** A worker as this file needs it, on any runtime. */
interface Thread {
  post(message: unknown): void;
  /** Called for every message and for the error that ends it. */
  listen(receive: (message: unknown, error?: unknown) => void): void;
  /** Whether the process should stay alive for it. */
  hold(alive: boolean): void;
  terminate(): void;
}

/** Runs plans in `threads` workers; this thread only waits, so that its event loop goes on. */
export async function threadedRunner(build: Build, memory: WebAssembly.Memory, threads: number): Promise<Runner> {
  const workers = await Promise.all(Array.from({ length: threads }, startThread));
  const order = new Int32Array(memory.buffer, ORDER, 4);
  let turn = 0;
  let pending = 0;
  let settle: { resolve(): void; reject(error: unknown): void } | undefined;
  let broken: BackendError | undefined;

  const finish = (error?: BackendError): void => {
    for (const w of workers) w.hold(false);
    const waiting = settle;
    settle = undefined;
    if (error) waiting?.reject(error);
    else waiting?.resolve();
  };
  const end = (error: BackendError): void => {
    if (broken) return;
    broken = error;
    for (const w of workers) w.terminate();
    finish(broken);
  };
  for (const w of workers) {
    w.listen((_, error) => {
      if (error !== undefined) {
        end(new BackendError({ path: "threads", expected: "threads that finish their share", got: `an error: ${String(error)}` }, { cause: error }));
      } else if (--pending === 0) {
        finish();
      }
    });
  }
  /** Sends every thread a message; done when `answers` have come back. */
  const tell = (message: (ith: number) => unknown, answers: number): Promise<void> => {
    if (broken) return Promise.reject(broken);
    return new Promise((resolve, reject) => {
      settle = { resolve, reject };
      pending = answers;
      for (const [i, w] of workers.entries()) {
        w.hold(true);
        w.post(message(i));
      }
    });
  };

  const { fast, exact } = build;
  await tell((ith) => ({ modules: { fast, exact }, memory, place: { ith, nth: threads, sync: SYNC, order: ORDER } }), threads);
  return {
    run(plan, length, isExact) {
      turn = (turn + 1) | 0;
      order.set([plan, length, isExact ? 1 : 0], 1);
      Atomics.store(order, 0, turn); // those that look out for it begin at once; the message wakes the others
      return tell(() => turn, 1);
    },
    dispose: () => end(new BackendError({ path: "session", expected: "a session in use", got: "one that was disposed" })),
  };
}

const isNode = typeof process === "object" && !!process.versions?.node && !("Deno" in globalThis) && !("Bun" in globalThis);

/** Processors this machine offers. */
export async function availableThreads(): Promise<number> {
  if (typeof navigator === "object" && navigator.hardwareConcurrency) return navigator.hardwareConcurrency;
  if (!isNode) return 1;
  const os = await import(/* @vite-ignore */ `node:${"os"}`);
  return os.availableParallelism();
}

async function startThread(): Promise<Thread> {
  return isNode ? startNodeThread() : startWebThread();
}

function startWebThread(): Thread {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return {
    post: (message) => worker.postMessage(message),
    listen(receive) {
      worker.onmessage = ({ data }) => receive(data);
      worker.onerror = (event) => receive(undefined, event.message || event);
    },
    hold(alive) {
      const counted = worker as { ref?(): void; unref?(): void };
      if (alive) counted.ref?.();
      else counted.unref?.();
    },
    terminate: () => worker.terminate(),
  };
}

async function startNodeThread(): Promise<Thread> {
  // Not a literal, so that bundlers for the browser leave it alone.
  const threads: typeof import("node:worker_threads") = await import(/* @vite-ignore */ `node:${"worker_threads"}`);
  // Flags of the process (--input-type, --import of a loader) are for its own modules, and would keep the worker from starting.
  const worker = new threads.Worker(new URL("./worker.js", import.meta.url), { execArgv: [] });
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    listen(receive) {
      worker.on("message", (message) => receive(message));
      worker.on("error", (error) => receive(undefined, error));
      worker.on("exit", (code) => receive(undefined, `the thread ended with code ${code}`));
    },
    hold(alive) {
      if (alive) worker.ref();
      else worker.unref();
    },
    terminate: () => void worker.terminate(),
  };
}
