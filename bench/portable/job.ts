/** A job: one contest after the other, each contender in a worker of its own. */
import type { Judge } from "../compare.ts";
import { type Contender, type Entrant, type Floats, firstOutputs } from "../contender.ts";
import { compete, type Progress } from "../contest.ts";
import { tensorsOf } from "../data.ts";
import { within } from "../limit.ts";
import { contestResult, type ReportTask, wordsOf } from "../report/entries.ts";
import type { ContestResult } from "../report/results.ts";
import { decodeFloats } from "./bytes.ts";
import type { Answer, Job, JobProgress, Name, Request } from "./messages.ts";

/** Shares of the time of a contest that go by before anyone is timed. */
const PARTS = { reference: [0, 0.2], check: [0.2, 0.5], time: [0.5, 1] } as const;

export interface Listener {
  onProgress(progress: JobProgress): void;
  /** Told what came of each task, when it is done. */
  onContest(contest: ContestResult): void;
}

export async function runJob({ tasks, field, effort, limit, references }: Job, { onProgress, onContest }: Listener): Promise<void> {
  for (const [i, task] of tasks.entries()) {
    const tell = ({ phase, done, ...who }: Omit<JobProgress, "workload">) => {
      const [from, to] = PARTS[phase];
      onProgress({ ...who, phase, workload: task.workload, done: (i + from + (to - from) * done) / tasks.length });
    };
    tell({ phase: "reference", implementation: "float64", threads: 1, done: 0 });
    const given = references?.[i];
    const entries = field.map(({ name, threads }) => ({ entrant: entrant(name), threads }));
    try {
      const judge: Judge = { reference: given ? decodeFloats(given) : await referenceOf(task, limit), yardstick: null };
      const options = { judge, effort, limit, onProgress: (progress: Progress) => tell(progress) };
      onContest(contestResult(task, await compete(task, tensorsOf(task), entries, options)));
    } catch (error) {
      // Without a judge nobody is timed; the tasks that follow may have one.
      const outcome = new Error(`nobody is judged, as float64 ${wordsOf(error)}`);
      const results = entries.map(({ entrant: { name, runtime }, threads }) => ({ implementation: name, runtime, threads, outcome }));
      onContest(contestResult(task, { results, agreement: null }));
    }
  }
}

async function referenceOf(task: ReportTask, limit: number): Promise<ReadonlyMap<string, Floats>> {
  const stop = new AbortController();
  return within(start("float64", task, 1, stop.signal).then(firstOutputs), { limit }, () => stop.abort());
}

const entrant = (name: Name): Entrant => ({
  name,
  runtime: "this browser",
  threaded: true,
  open: (task, _, threads, signal) => start(name, task as ReportTask, threads, signal),
});

/** @param signal ends it @throws Error in its own words */
async function start(name: Name | "float64", task: ReportTask, threads: number, signal?: AbortSignal): Promise<Contender> {
  const worker = new Worker(new URL("./contender.worker.ts", import.meta.url), { type: "module" });
  signal?.addEventListener("abort", () => worker.terminate());
  const ask = (request: Request): Promise<Answer> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Answer>) => (data.fault === undefined ? resolve(data) : reject(new Error(data.fault)));
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message || "its worker does not start"));
      };
      worker.postMessage(request);
    });
  try {
    const { info } = await ask({ op: "open", name, task, threads });
    return {
      info: info!,
      reset: async () => void (await ask({ op: "reset" })),
      run: async (steps) => void (await ask({ op: "run", steps })),
      outputs: async () => (await ask({ op: "outputs" })).outputs!,
      close: () => worker.terminate(),
    };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}
