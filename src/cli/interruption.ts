import type { EventEmitter } from "node:events";
import { WriteError } from "../node.ts";

/** Exit codes of what ends a process before its time: 128 and the signal's number, as shells have it. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;

/** One press of Ctrl-C may come twice, from the terminal and by way of npm: within so many milliseconds it is one. */
const ECHO_MS = 200;

/** What ended the program before its time: the reason of the signal that aborts. */
export class Interruption extends Error {
  readonly exitCode: number;

  constructor(name: keyof typeof EXIT_CODES) {
    super(name);
    this.exitCode = EXIT_CODES[name];
  }
}

/** A process, as far as it matters here. */
export interface Interruptible extends EventEmitter {
  readonly stdout: EventEmitter;
  readonly stderr: EventEmitter;
  exit(code: number): void;
}

/**
 * An AbortSignal that aborts when the process is told to end, or when its standard output is closed: its reason is an `Interruption`. Where
 * standard output fails otherwise the reason is a `WriteError`. A process that is told to end a second time does so at once.
 */
export function onInterruption(process: Interruptible, now = () => performance.now()): AbortSignal {
  const controller = new AbortController();
  let first: number | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      first ??= now();
      controller.abort(new Interruption(name));
      if (now() - first > ECHO_MS) process.exit(EXIT_CODES[name]);
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    controller.abort(error.code === "EPIPE" ? new Interruption("SIGPIPE") : new WriteError("standard output", error));
  });
  process.stderr.on("error", () => {}); // there is nobody left to tell
  return controller.signal;
}
