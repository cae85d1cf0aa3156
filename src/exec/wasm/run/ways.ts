/** The ways to start a thread, by runtime, and what is then the same of all. */
import type { Worker as NodeWorker } from "node:worker_threads";
import source from "#worker";
import { builtinModule, serverRuntime } from "../../../core/runtime.ts";

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

/** A way to start a thread. */
export interface Way {
  /** Where its program comes from, in words. */
  readonly from: string;
  /** What a page that has Trusted Types must allow for it. */
  readonly trust?: string;
  start(): Thread;
  /** Told when the thread has started, or has not. */
  settle?(): void;
}

/** In the order in which they are tried. Node has workers of its own, whatever goes by the name of those of the web there. */
export function waysToStart(url: string | URL | undefined): Way[] {
  if (typeof Worker === "function" && serverRuntime() !== "Node")
    return url === undefined ? [fromBlob(MODULE), fromBlob(), fromFile()] : [fromURL(url)];
  const threads = builtinModule("node:worker_threads");
  if (!threads) return [];
  // Flags of the process (--input-type, --import of a loader) are for its own modules, and would keep the worker from starting.
  const options = { execArgv: [] };
  if (url === undefined) return [{ from: "its source", start: () => nodeThread(new threads.Worker(source, { ...options, eval: true })) }];
  const file = /^file:/.test(String(url)) ? new URL(url) : url;
  return [{ from: String(url), start: () => nodeThread(new threads.Worker(file, options)) }];
}

const MODULE = { type: "module" } as const;

/** @param options of the worker: Deno starts modules alone, and Chromium in a sandboxed frame scripts alone */
function fromBlob(options?: WorkerOptions): Way {
  let address: string | undefined;
  return {
    from: `its source, as a blob${options ? "" : " of a script"}`,
    trust: "trusted-types ganvas",
    start() {
      address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      return webThread(new Worker(vouchFor(address), options), "as when the page's policy bars it: worker-src needs blob:");
    },
    settle() {
      if (address !== undefined) URL.revokeObjectURL(address);
    },
  };
}

/** A policy that makes an address of plain text one that is trusted. */
const DEFAULT_POLICY = "a default policy of Trusted Types that lets it pass";

/** What browsers do not tell about a file that they do not start. */
const FILE_FAULTS =
  "as when the page's policy bars it (worker-src), it is missing, or it is not served as JavaScript, on a cross-origin isolated page with Cross-Origin-Embedder-Policy";

function fromFile(): Way {
  // Written out, so that bundlers see which file it is.
  const start = () => webThread(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), FILE_FAULTS);
  return { from: `worker.js beside ${import.meta.url ?? "the library"}`, trust: DEFAULT_POLICY, start };
}

function fromURL(url: string | URL): Way {
  return { from: absolute(url), trust: DEFAULT_POLICY, start: () => webThread(new Worker(url, MODULE), FILE_FAULTS) };
}

/** A URL in full, as far as there is a page that it may be relative to. */
function absolute(url: string | URL): string {
  try {
    return new URL(url, globalThis.location?.href).href;
  } catch {
    return String(url);
  }
}

/** A policy of Trusted Types; null where the page lets us have none. */
let policy: { createScriptURL(url: string): unknown } | null | undefined;

/** The address of our own source, where the page takes addresses from those alone who vouch for them (Trusted Types). */
function vouchFor(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): typeof policy } };
  if (policy === undefined) {
    try {
      policy = trustedTypes?.createPolicy("ganvas", { createScriptURL: (url: string) => url }) ?? null;
    } catch {
      policy = null; // it may take plain addresses all the same
    }
  }
  return policy ? (policy.createScriptURL(address) as string) : address;
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

/** @param unsaid what an error without a message may mean */
function webThread(worker: Worker, unsaid: string): Thread {
  const { tell, listen } = mailbox();
  worker.onmessage = ({ data }) => tell(data);
  worker.onerror = (event) => {
    event.preventDefault(); // told by an error of ours; Deno would end the process
    tell(undefined, event.message || `an error without a message, ${unsaid}`);
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

function nodeThread(worker: NodeWorker): Thread {
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
