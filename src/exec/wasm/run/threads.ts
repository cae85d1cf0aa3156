/** Threads, on any runtime. */
import { BackendError } from "../../../core/errors.ts";
import { builtinModule } from "../../../core/runtime.ts";
import { deadline } from "../../../core/time.ts";
import { type Thread, type Way, waysToStart } from "./ways.ts";

/** Processors this machine offers. */
export function availableThreads(): number {
  const { hardwareConcurrency } = (globalThis.navigator ?? {}) as { hardwareConcurrency?: number };
  return hardwareConcurrency || builtinModule("node:os")?.availableParallelism() || 1;
}

/** How long a thread that starts may be silent. It takes some tens of milliseconds, more where its file comes over a network. */
const START_MS = 8_000;

/** Ways that have failed where the next one did not: they are not tried again. */
let futile = 0;

/**
 * Starts a thread whose program is `worker.js`, and waits for its first message, by which it says that it listens. The program is carried along as a string, as bundlers lose files; where a
 * page's policy bars that, it is the file beside this one.
 *
 * @param url where the program is, in place of all that
 * @throws BackendError with every way that was tried, and why it failed
 */
export async function startThread(url?: string | URL): Promise<Thread> {
  const ways = waysToStart(url);
  const failures: unknown[] = [];
  for (const [i, way] of ways.entries()) {
    if (url === undefined && i < futile) continue;
    try {
      const thread = await begin(way);
      if (url === undefined) futile = i;
      return thread;
    } catch (cause) {
      failures.push(cause);
    }
  }
  const got = failures.map((cause, i) => explain(cause, ways.at(i - failures.length)!));
  throw new BackendError(
    { path: "threads", expected: "workers that start", got: got.join("; ") || "a runtime without workers" },
    { cause: failures[0] },
  );
}

/** What kept a thread from starting, with what helps. */
function explain(cause: unknown, { from, trust }: Way): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const remedy = trust && /TrustedScriptURL|Sink type mismatch/.test(message) ? `; the page's policy needs ${trust}` : "";
  return `${message}${remedy} (${from})`;
}

async function begin(way: Way): Promise<Thread> {
  let thread: Thread | undefined;
  try {
    thread = way.start();
    await firstMessage(thread);
    return thread;
  } catch (cause) {
    thread?.terminate();
    throw cause;
  } finally {
    way.settle?.();
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
