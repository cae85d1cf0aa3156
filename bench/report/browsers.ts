/** Browsers of this machine: each opens a page that measures. */
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { Effort } from "../measure.ts";
import type { JobProgress } from "../portable/messages.ts";
import type { ReportTask } from "./entries.ts";
import { type ContestResult, checkContests } from "./results.ts";

const PAGE = fileURLToPath(new URL("../bench/portable/", import.meta.url));

/** Milliseconds that a browser has for everything. */
const LIMIT = 30 * 60_000;

interface Posted {
  readonly name?: string;
  readonly contests?: unknown;
  readonly isolated?: boolean;
  readonly fault?: string;
}

/** Of test/runtimes/browsers.js, and test/pages.js. */
interface Openers {
  inBrowser(name: string, options: object): Promise<Posted>;
  serveFolder(folder: string): (request: IncomingMessage, response: ServerResponse, headers: object) => void;
}

/** The page as Vite builds it, in a folder of its own. */
export interface BuiltPage {
  readonly folder: string;
  remove(): void;
}

export async function buildPage(): Promise<BuiltPage> {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-report-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await build({
      configFile: false,
      root: PAGE,
      base: "./",
      logLevel: "error",
      worker: { format: "es" },
      build: { outDir: folder, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 10_000 },
    });
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * Opens the page in a browser, until it has measured everything.
 *
 * @param name as test/runtimes/browsers.js has it
 * @param references of each task, as `encodeFloats` has them
 * @throws Error that says why there is nothing
 */
export async function measureInBrowser(
  name: string,
  page: BuiltPage,
  job: { readonly tasks: readonly ReportTask[]; readonly effort: Effort; readonly references: readonly Uint8Array[] },
  onProgress: (progress: JobProgress) => void,
): Promise<{ version: string; contests: readonly ContestResult[]; isolated: boolean }> {
  const from = (path: string) => import(new URL(path, import.meta.url).href);
  const { inBrowser, serveFolder } = (await from("../test/runtimes/browsers.js")) as Openers;
  const { ISOLATED } = (await from("../test/pages.js")) as { ISOLATED: object };
  const files = serveFolder(page.folder);
  const serve: typeof files = (request, response, headers) => {
    const reference = /^\/reference-(\d+)$/.exec(request.url!)?.[1];
    if (request.url === "/job")
      response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify({ ...job, references: [] }));
    else if (reference !== undefined)
      response.writeHead(200, { "content-type": "application/octet-stream", ...headers }).end(job.references[Number(reference)]);
    else files(request, response, headers);
  };
  const log = (text: string) => onProgress(JSON.parse(text));
  const { name: agent, contests, isolated, fault } = await inBrowser(name, { serve, headers: ISOLATED, log, limit: LIMIT });
  if (fault !== undefined) throw new Error(fault);
  return { version: /[\d.]+$/.exec(`${agent}`)?.[0] ?? "", contests: checkContests(contests), isolated: isolated === true };
}
