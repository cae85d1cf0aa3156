/** Threads, on any runtime. */
import { BackendError } from "../../../core/errors.ts";
import { deadline } from "../../../core/time.ts";

/** Told every message of a thread, and the error that ends it. */
type Listener = (message: unknown, error?: unknown) => void;

/** A worker, on any runtime. */
export interface Thread {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** From now on tells `listener`, and no other: at once when the thread has ended before. */
  listen(listener: Listener): void;
  /** Whether the process should stay alive for it. */
  hold(alive: boolean): void;
  terminate(): void;
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

/** The same failure as a loss: of threads that there were, and that cannot be replaced. */
export function asLoss(failure: BackendError): BackendError {
  return failure.lost ? failure : new BackendError(failure, { cause: failure.cause, lost: true });
}

/** How long a thread that starts may be silent. It takes some tens of milliseconds, more where its file comes over a network. */
const START_MS = 20_000;

/**
 * Starts the thread whose program is `worker.js` or `remoteWorker.js`, and waits for its first message, by which it says that it listens.
 *
 * @throws BackendError with the program's address and the cause when it does not start
 */
export async function startThread(program: "worker" | "remoteWorker"): Promise<Thread> {
  let thread: Thread | undefined;
  try {
    thread = await (isNode ? nodeThread(program) : webThread(program));
    await firstMessage(thread);
    return thread;
  } catch (cause) {
    thread?.terminate();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BackendError({ path: "threads", expected: "workers that start", got: `${why} (${addressOf(program)})` }, { cause });
  }
}

function firstMessage(thread: Thread): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const stop = deadline(START_MS, () => reject(`no message from it in ${START_MS / 1000} seconds`));
    thread.hold(true);
    thread.listen((_, error) => {
      stop();
      thread.hold(false);
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}

/** Not written as bundlers know it: they would take the file for an asset. */
function addressOf(program: string): string {
  const here = import.meta.url;
  return new URL(`./${program}.js`, here).href;
}

/** Keeps what a thread says from being lost while listeners change. */
function mailbox(): { tell: Listener; listen: Thread["listen"] } {
  let listener: Listener = () => {};
  let ended: unknown;
  return {
    tell(message, error) {
      ended ??= error;
      listener(message, error);
    },
    listen(next) {
      listener = next;
      if (ended !== undefined) next(undefined, ended);
    },
  };
}

function webThread(program: "worker" | "remoteWorker"): Thread {
  // Written out, so that bundlers see which files these are.
  const worker =
    program === "worker"
      ? new Worker(new URL("./worker.js", import.meta.url), { type: "module" })
      : new Worker(new URL("./remoteWorker.js", import.meta.url), { type: "module" });
  const { tell, listen } = mailbox();
  worker.onmessage = ({ data }) => tell(data);
  worker.onerror = (event) => {
    event.preventDefault(); // told by an error of ours; Deno would end the process
    tell(undefined, event.message || "an error without a message, as when the file is missing, blocked, or not served as JavaScript");
  };
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen,
    hold(alive) {
      const counted = worker as { ref?(): void; unref?(): void };
      if (alive) counted.ref?.();
      else counted.unref?.();
    },
    terminate: () => worker.terminate(),
  };
}

async function nodeThread(program: "worker" | "remoteWorker"): Promise<Thread> {
  // Not a literal, so that bundlers for the browser leave it alone.
  const threads: typeof import("node:worker_threads") = await import(/* @vite-ignore */ `node:${"worker_threads"}`);
  // Flags of the process (--input-type, --import of a loader) are for its own modules, and would keep the worker from starting.
  const worker = new threads.Worker(new URL(`./${program}.js`, import.meta.url), { execArgv: [] });
  const { tell, listen } = mailbox();
  worker.on("message", (message) => tell(message));
  worker.on("error", (error) => tell(undefined, error));
  worker.on("exit", (code) => tell(undefined, `the thread ended with code ${code}`));
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen,
    hold(alive) {
      if (alive) worker.ref();
      else worker.unref();
    },
    terminate: () => void worker.terminate(),
  };
}
