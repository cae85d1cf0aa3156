import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { compete } from "../bench/contest.ts";
import { tensorsOf } from "../bench/data.ts";
import { startPeer } from "../bench/peer.ts";
import { runJob } from "../bench/portable/job.ts";
import type { Answer, JobProgress, Request } from "../bench/portable/messages.ts";
import { openOurs } from "../bench/portable/ours.ts";
import type { ReportTask } from "../bench/report/entries.ts";
import { type ContestResult, checkReport } from "../bench/report/results.ts";
import { loadTasks } from "../bench/shapes.ts";
import { ROOT } from "./child.ts";
import { CHROMIUM } from "./chromium.js";

const [task] = loadTasks("TMLP", [4]) as [ReportTask];
const effort = { turn: 1, total: 2, turns: 2, patience: 1e6 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ganvas-stop-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes that have this variable in their environment, but for this one. */
const withVariable = (variable: string): number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        const [environment, state] = [readFileSync(`/proc/${pid}/environ`, "latin1"), readFileSync(`/proc/${pid}/stat`, "latin1")];
        return environment.includes(variable) && !/\) Z /.test(state);
      } catch {
        return false;
      }
    });

describe.skipIf(process.platform === "win32")("a peer's process that hangs", () => {
  it("is ended with what it has started, and told as one that did not answer", async () => {
    const pids = join(folder, "pids");
    const program = `const { spawn } = require("child_process"); const child = spawn("sleep", ["300"], { stdio: "ignore" });
      require("fs").writeFileSync(${JSON.stringify(pids)}, process.pid + " " + child.pid); setInterval(() => {}, 1e6);`;
    const command = { program: process.execPath, args: ["-e", program] };
    const entrant = {
      ...{ name: "tfjs-wasm", runtime: "here", threaded: false },
      open: (...[task, tensors, threads, signal]: Parameters<typeof startPeer> extends [unknown, ...infer R] ? R : never) =>
        startPeer(command, task, tensors, threads, signal),
    };
    const { results } = await compete(task, tensorsOf(task), [{ entrant, threads: 1 }], { judge: null, effort, limit: 3_000 });
    expect((results[0]!.outcome as Error).message).toBe("did not answer in 3 s");
    const all = readFileSync(pids, "utf8").split(" ").map(Number);
    expect(all).toHaveLength(2);
    await vi.waitFor(() => expect(all.filter(isThere)).toEqual([]), 10_000);
  });
});

describe("a page's workers", () => {
  /** Ended, by the names of their contenders. */
  let ended: string[];

  /** Workers of contenders: the one of `silent` takes every message and answers none from `silentFrom` on. */
  function workers(silent: string, silentFrom: Request["op"]): typeof Worker {
    class FakeWorker {
      onmessage: ((event: { data: Answer }) => void) | undefined;
      #name = "";
      #isSilent = false;
      #contender: Awaited<ReturnType<typeof openOurs>> | undefined;

      postMessage(request: Request): void {
        if (request.op === "open") this.#name = request.name;
        this.#isSilent ||= this.#name === silent && request.op === silentFrom;
        if (!this.#isSilent) void this.#answer(request).then((data) => this.onmessage?.({ data }));
      }

      async #answer(request: Request): Promise<Answer> {
        if (request.op === "open") {
          this.#contender = await openOurs(request.name === "float64" ? "float64" : "wasm", request.task, tensorsOf(request.task), 1);
          return { info: this.#contender.info };
        }
        if (request.op === "reset") await this.#contender!.reset();
        else if (request.op === "run") await this.#contender!.run(request.steps);
        else return { outputs: await this.#contender!.outputs() };
        return {};
      }

      terminate(): void {
        ended.push(this.#name);
        this.#contender?.close();
      }
    }
    return FakeWorker as unknown as typeof Worker;
  }

  async function contestWith(silent: string, silentFrom: Request["op"]): Promise<ContestResult> {
    vi.stubGlobal("Worker", workers(silent, silentFrom));
    ended = [];
    const contests: ContestResult[] = [];
    const field = [
      { name: "tfjs-wasm", threads: 1 },
      { name: "ganvas", threads: 1 },
    ] as const;
    const onProgress = (_: JobProgress) => {};
    await runJob({ tasks: [task], field, effort, limit: 1_500 }, { onProgress, onContest: (contest) => contests.push(contest) });
    expect(contests).toHaveLength(1);
    return contests[0]!;
  }

  afterEach(() => vi.unstubAllGlobals());

  it.each(["open", "run"] as const)("are ended when they hang at %s, and the others go on", async (op) => {
    const { entries } = await contestWith("tfjs-wasm", op);
    expect(entries.map(({ contender, fault }) => [contender, fault])).toEqual([
      ["tfjs", "did not answer in 1.5 s"],
      ["ganvas", null],
    ]);
    expect(ended).toContain("tfjs-wasm");
  });

  it("are not timed where nobody can judge them", async () => {
    const { entries } = await contestWith("float64", "run");
    const fault = "nobody is judged, as float64 did not answer in 1.5 s";
    expect(entries.map((entry) => [entry.fault, entry.samples])).toEqual([
      [fault, []],
      [fault, []],
    ]);
    expect(ended).toContain("float64");
  });
});

const CAN_REPORT = CHROMIUM && process.platform === "linux" && existsSync(join(ROOT, "bench/node_modules"));

describe.skipIf(!CAN_REPORT)("Ctrl-C of the command (needs Linux, Chromium and the benchmark's packages)", () => {
  it("keeps what is finished, says what is not, and leaves nobody running", { timeout: 300_000 }, async () => {
    const variable = `GANVAS_STOP_TEST=${folder}`;
    const args = ["dist/report.js", "--quick", "--runtimes", "chromium,node", "--workloads", "TMLP,S64-1", "--out", join(folder, "out")];
    const env = { ...process.env, GANVAS_STOP_TEST: folder, TMPDIR: folder };
    const command = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "inherit"] });
    const said: string[] = [];
    const ended = new Promise<number | null>((resolve) => command.on("close", resolve));
    createInterface({ input: command.stdout }).on("line", (line) => {
      said.push(line);
      if (line === "Chromium: S64-1") {
        expect(withVariable(variable).length).toBeGreaterThan(1);
        command.kill("SIGINT");
      }
    });
    expect([await ended, said.at(-1)]).toEqual([130, join(folder, "out/report.html")]);
    await vi.waitFor(() => expect(withVariable(variable)).toEqual([]), 10_000);
    const [machine] = checkReport(JSON.parse(readFileSync(join(folder, "out/report.json"), "utf8"))).machines;
    const [chromium, ...others] = machine!.runtimes;
    expect(others).toEqual([]);
    expect(chromium).toMatchObject({ fault: null, contests: [{ workload: "TMLP" }] });
    expect(machine!.leftOut).toEqual([
      { runtime: chromium!.name, workload: "S64-1" },
      { runtime: expect.stringMatching(/^Node /), workload: "TMLP" },
      { runtime: expect.stringMatching(/^Node /), workload: "S64-1" },
    ]);
    expect(readdirSync(folder).filter((name) => name.startsWith("ganvas-"))).toEqual([]);
  });
});
