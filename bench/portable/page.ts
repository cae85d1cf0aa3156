/** The page that `npm run report` opens in a browser: fetches what is to be measured, and posts what comes of it, each task when it is done. */
import { wordsOf } from "../report/entries.ts";
import { browserName, fieldHere, measureHere } from "./here.ts";
import type { Job, PageEnd, PageNews } from "./messages.ts";

const post = (path: string, what: object) => fetch(path, { method: "POST", body: JSON.stringify(what) });

/** In order, as what ends it must not come before what was found. */
let told: Promise<unknown> = Promise.resolve();
function tell(news: PageNews): void {
  told = told.then(() => post("log", news));
}

/** @throws Error where the server has no such file */
async function get(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

async function main(): Promise<PageEnd> {
  tell({ name: browserName(), isolated: crossOriginIsolated });
  const { tasks, effort, limit } = (await (await get("job")).json()) as Pick<Job, "tasks" | "effort" | "limit">;
  const references = await Promise.all(tasks.map(async (_, i) => new Uint8Array(await (await get(`reference-${i}`)).arrayBuffer())));
  const job = { tasks, effort, limit, references, field: fieldHere() };
  await measureHere(job, { onProgress: (progress) => tell({ progress }), onContest: (contest) => tell({ contest }) });
  return {};
}

const end = await main().catch((error): PageEnd => ({ fault: wordsOf(error) }));
await told;
await post("done", end);
