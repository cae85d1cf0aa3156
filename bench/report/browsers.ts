/** Browsers of this machine: each opens a page that measures. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { type Scratch, scratch } from "../ending.ts";
import type { Effort } from "../measure.ts";
import type { JobProgress, PageEnd, PageNews } from "../portable/messages.ts";
import type { ReportTask } from "./entries.ts";
import { type ContestResult, checkContest } from "./results.ts";

const PAGE = fileURLToPath(new URL("../bench/portable/", import.meta.url));

/** Milliseconds in which a browser starts, or goes from one contender to the next. */
const PAUSE = 90_000;
/** Answers that a contender gives at most without a word from its page in between: opened, reset, run, its outputs. */
const ANSWERS = 4;
/** The longest time that a timer has. */
const FOR_EVER = 2 ** 31 - 1;

/** Of test/runtimes/browsers.js, and test/pages.js. */
interface Openers {
  inBrowser(name: string, options: object): Promise<PageEnd>;
  serveFolder(folder: string): (request: IncomingMessage, response: ServerResponse, headers: object) => void;
}

/** The page as Vite builds it. */
export async function buildPage(): Promise<Scratch> {
  const folder = scratch("ganvas-report-");
  try {
    await build({
      configFile: false,
      root: PAGE,
      base: "./",
      logLevel: "error",
      worker: { format: "es" },
      build: { outDir: folder.path, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 10_000 },
    });
    return folder;
  } catch (error) {
    folder.remove();
    throw error;
  }
}

/** What a browser has to do. */
export interface BrowserJob {
  readonly tasks: readonly ReportTask[];
  readonly effort: Effort;
  readonly limit: number;
  /** Of each task, as `encodeFloats` has them. */
  readonly references: readonly Uint8Array[];
}

/** Who is told while it does. */
export interface BrowserListener {
  readonly signal: AbortSignal;
  onName(version: string, isolated: boolean): void;
  onProgress(progress: JobProgress): void;
  onContest(contest: ContestResult): void;
}

/**
 * Opens the page in a browser, until it has measured everything. The browser has ended when this has.
 *
 * @param name as test/runtimes/browsers.js has it
 * @throws Error that says why that is not all
 */
export async function measureInBrowser(name: string, page: Scratch, job: BrowserJob, listener: BrowserListener): Promise<void> {
  const from = (path: string) => import(new URL(path, import.meta.url).href);
  const { inBrowser, serveFolder } = (await from("../test/runtimes/browsers.js")) as Openers;
  const { ISOLATED } = (await from("../test/pages.js")) as { ISOLATED: object };
  const files = serveFolder(page.path);
  const serve: typeof files = (request, response, headers) => {
    const reference = /^\/reference-(\d+)$/.exec(request.url!)?.[1];
    if (request.url === "/job")
      response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify({ ...job, references: [] }));
    else if (reference !== undefined)
      response.writeHead(200, { "content-type": "application/octet-stream", ...headers }).end(job.references[Number(reference)]);
    else files(request, response, headers);
  };
  const silence = new Silence(ANSWERS * job.limit + PAUSE);
  const faults: string[] = [];
  const log = (text: string) => {
    silence.begin();
    const news = JSON.parse(text) as PageNews;
    if ("progress" in news) listener.onProgress(news.progress);
    else if ("name" in news) listener.onName(/[\d.]+$/.exec(`${news.name}`)?.[0] ?? "", news.isolated === true);
    else
      try {
        listener.onContest(checkContest(news.contest));
      } catch (error) {
        // The server that this is called by has nobody to tell.
        faults.push(`its page posted what is no result: ${(error as Error).message}`);
      }
  };
  silence.begin();
  const signal = AbortSignal.any([listener.signal, silence.signal]);
  const { fault } = await inBrowser(name, { serve, headers: ISOLATED, log, signal, limit: FOR_EVER }).finally(() => silence.end());
  listener.signal.throwIfAborted();
  if (fault !== undefined) faults.push(fault);
  if (faults.length > 0) throw new Error(faults.join("; "));
}

/** Ends what is not heard of for too long. */
class Silence {
  readonly #limit: number;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stop.abort(new Error(`its page was not heard of for ${this.#limit / 1_000} s`)), this.#limit);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
