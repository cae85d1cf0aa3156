/** The page that `npm run report` opens in a browser: fetches what is to be measured, and posts what came of it. */
import { wordsOf } from "../report/entries.ts";
import { browserName, fieldHere, measureHere } from "./here.ts";
import type { Job } from "./messages.ts";

const post = (path: string, what: object) => fetch(path, { method: "POST", body: JSON.stringify(what) });

/** @throws Error where the server has no such file */
async function get(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

async function main(): Promise<object> {
  const { tasks, effort } = (await (await get("job")).json()) as Pick<Job, "tasks" | "effort">;
  const references = await Promise.all(tasks.map(async (_, i) => new Uint8Array(await (await get(`reference-${i}`)).arrayBuffer())));
  const contests = await measureHere({ tasks, effort, references, field: fieldHere() }, { onProgress: (progress) => void post("log", progress) });
  return { name: browserName(), contests, isolated: crossOriginIsolated };
}

await post("done", await main().catch((error) => ({ fault: wordsOf(error) })));
