/** A job: one contest after the other, each contender in a worker of its own. */
import type { Judge } from "../compare.ts";
import { type Contender, type Entrant, firstOutputs } from "../contender.ts";
import { compete, type Progress } from "../contest.ts";
import { tensorsOf } from "../data.ts";
import { contestResult, type ReportTask } from "../report/entries.ts";
import type { ContestResult } from "../report/results.ts";
import { decodeFloats } from "./bytes.ts";
import type { Answer, Job, JobProgress, Name, Request } from "./messages.ts";

/** Shares of the time of a contest that go by before anyone is timed. */
const PARTS = { reference: [0, 0.2], check: [0.2, 0.5], time: [0.5, 1] } as const;

export async function runJob({ tasks, field, effort, references }: Job, onProgress: (progress: JobProgress) => void): Promise<ContestResult[]> {
  const results: ContestResult[] = [];
  for (const [i, task] of tasks.entries()) {
    const tell = ({ phase, done, ...who }: Omit<JobProgress, "workload">) => {
      const [from, to] = PARTS[phase];
      onProgress({ ...who, phase, workload: task.workload, done: (i + from + (to - from) * done) / tasks.length });
    };
    tell({ phase: "reference", implementation: "float64", threads: 1, done: 0 });
    const given = references?.[i];
    const judge: Judge = { reference: given ? decodeFloats(given) : await firstOutputs(await start("float64", task, 1)), yardstick: null };
    const entries = field.map(({ name, threads }) => ({ entrant: entrant(name), threads }));
    const outcomes = await compete(task, tensorsOf(task), entries, { judge, effort, onProgress: (progress: Progress) => tell(progress) });
    results.push(contestResult(task, outcomes));
  }
  return results;
}

const entrant = (name: Name): Entrant => ({
  name,
  runtime: "this browser",
  threaded: true,
  open: (task, _, threads) => start(name, task as ReportTask, threads),
});

/** @throws Error in its own words */
async function start(name: Name | "float64", task: ReportTask, threads: number): Promise<Contender> {
  const worker = new Worker(new URL("./contender.worker.ts", import.meta.url), { type: "module" });
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
