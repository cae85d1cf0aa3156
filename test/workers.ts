import type { Worker } from "node:worker_threads";

/** Notes the workers that this process starts, until it is disposed of. */
export function watchWorkers(): Disposable & { readonly workers: Worker[] } {
  const workers: Worker[] = [];
  const note = (worker: Worker) => void workers.push(worker);
  process.on("worker", note);
  return { workers, [Symbol.dispose]: () => void process.off("worker", note) };
}

/** What comes of `work`, and the workers that were started in the meantime. */
export async function startedBy<T>(work: () => Promise<T>): Promise<{ value: T; workers: Worker[] }> {
  using watch = watchWorkers();
  return { value: await work(), workers: watch.workers };
}
