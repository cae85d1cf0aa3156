/** Threads, on any runtime, and those that walk a plan together. */
import { ORDER, ORDER_WORDS, SYNC } from "../../../../assembly/format/memory.ts";
import { BackendError } from "../../../core/errors.ts";
import type { Modules } from "./module.ts";

/** Runs plans in a memory. */
export interface Runner {
  /** Runs the plan of `length` bytes at `plan` to its end, with the exact kernels or the fast ones. */
  run(plan: number, length: number, exact: boolean): Promise<void>;
  dispose(): void;
}

/** A worker, on any runtime. */
export interface Thread {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Called for every message and for the error that ends it. */
  listen(receive: (message: unknown, error?: unknown) => void): void;
  /** Whether the process should stay alive for it. */
  hold(alive: boolean): void;
  terminate(): void;
}

/** Runs plans in `threads` workers; this thread only waits, so that its event loop goes on. */
export async function threadedRunner(modules: Modules, memory: WebAssembly.Memory, threads: number): Promise<Runner> {
  const workers = await Promise.all(Array.from({ length: threads }, () => startThread("worker")));
  const order = new Int32Array(memory.buffer, ORDER, ORDER_WORDS);
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
        end(threadError(error));
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

  const { fast, exact } = modules;
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

/** What a thread that did not finish its work is to its session, which ends with it. */
export function threadError(cause: unknown): BackendError {
  return new BackendError({ path: "threads", expected: "threads that finish their share", got: `an error: ${String(cause)}` }, { cause, lost: true });
}

/** Starts the thread whose program is `worker.js` or `remoteWorker.js`. */
export async function startThread(program: "worker" | "remoteWorker"): Promise<Thread> {
  return isNode ? startNodeThread(program) : startWebThread(program);
}

function startWebThread(program: "worker" | "remoteWorker"): Thread {
  // Written out, so that bundlers see which files these are.
  const worker =
    program === "worker"
      ? new Worker(new URL("./worker.js", import.meta.url), { type: "module" })
      : new Worker(new URL("./remoteWorker.js", import.meta.url), { type: "module" });
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
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

async function startNodeThread(program: "worker" | "remoteWorker"): Promise<Thread> {
  // Not a literal, so that bundlers for the browser leave it alone.
  const threads: typeof import("node:worker_threads") = await import(/* @vite-ignore */ `node:${"worker_threads"}`);
  // Flags of the process (--input-type, --import of a loader) are for its own modules, and would keep the worker from starting.
  const worker = new threads.Worker(new URL(`./${program}.js`, import.meta.url), { execArgv: [] });
  worker.unref();
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
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
