/** An engine in a worker that has the memory to itself: pages that cannot share theirs stay responsive with it. */
import type { GanvasError } from "../../../core/errors.ts";
import { disposed, memoryRefused } from "../../checks.ts";
import type { Engine } from "./engine.ts";
import { threadError } from "./failures.ts";
import type { Modules } from "./kernels.ts";
import type { Thread } from "./ways.ts";

interface Answer {
  readonly value?: Float32Array;
  readonly error?: string;
}

/** Computes in a worker, `worker.js`, which is told everything by messages. @throws BackendError when the runtime has not that much memory */
export async function remoteEngine({ fast, exact }: Modules, pages: number, thread: Thread): Promise<Engine> {
  /** Who waits for an answer, the oldest first: they come in the order of the questions. */
  let waiting: { resolve(value: Float32Array | undefined): void; reject(error: unknown): void }[] = [];
  let broken: GanvasError | undefined;

  const end = (error: GanvasError): void => {
    if (broken) return;
    broken = error;
    thread.terminate();
    for (const { reject } of waiting) reject(broken);
    waiting = [];
  };
  thread.listen((message, error) => {
    if (broken) return;
    if (error !== undefined) {
      end(threadError(error));
      return;
    }
    const answer = message as Answer;
    const { resolve, reject } = waiting.shift()!;
    if (waiting.length === 0) thread.hold(false);
    if (answer.error === undefined) resolve(answer.value);
    else reject(answer.error);
  });
  /** The answer, or the reason why the worker could not do it. */
  const ask = (action: string, details: object, transfer: ArrayBuffer[] = []): Promise<Float32Array | undefined> => {
    if (broken) return Promise.reject(broken);
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      thread.hold(true);
      thread.post({ action, ...details }, transfer);
    });
  };

  /** The answer to what only a broken worker cannot do. */
  const command = async (action: string, details: object, transfer?: ArrayBuffer[]): Promise<Float32Array | undefined> => {
    try {
      return await ask(action, details, transfer);
    } catch (cause) {
      end(threadError(cause)); // if it is not over already
      throw broken;
    }
  };

  try {
    await ask("open", { fast, exact, pages });
  } catch (cause) {
    thread.terminate();
    throw broken ?? memoryRefused(cause);
  }
  /** Gives an array of our own away. */
  const send = (address: number, values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): void => {
    command("write", { address, values }, [values.buffer]).catch(() => {}); // whoever asks next is told
  };
  return {
    write: (address, values) => send(address, values.slice()),
    fill(address, length, fill) {
      const values = new Float32Array(length);
      fill(values);
      send(address, values);
    },
    read: async (address, length) => (await command("read", { address, length }))!,
    async grow(more) {
      try {
        await ask("grow", { pages: more });
      } catch (cause) {
        throw broken ?? memoryRefused(cause);
      }
    },
    async run(plan, length, isExact) {
      await command("run", { plan, length, exact: isExact });
    },
    dispose: () => end(disposed("session")),
  };
}
