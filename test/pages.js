/** Pages served from this machine to a browser, until they tell what came of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What makes a page cross-origin isolated, so that it has SharedArrayBuffer. */
export const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * Opens a page in a browser, until it posts to any path but /log.
 *
 * `serve(request, response, headers)` answers everything else. `open(url, scratch)` starts the browser, as `start` of processes.js does, with a folder for what it writes.
 *
 * `signal` ends it before.
 *
 * Gives what the page posted, or as a `fault` why there is none.
 */
export async function visit({ serve, open, headers = {}, log = () => {}, limit = 50_000, signal }) {
  const scratch = mkdtempSync(join(tmpdir(), "ganvas-page-"));
  let finish;
  const outcome = new Promise((resolve) => {
    finish = resolve;
  });
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return serve(request, response, headers);
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.url === "/log") log(body);
    else finish({ posted: body });
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = open(`http://127.0.0.1:${server.address().port}/`, scratch);
  browser.ended.then((code) => finish({ fault: `the browser ended: ${code}` }));
  const abort = () => finish({ fault: signal.reason.message });
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  const timer = setTimeout(() => finish({ fault: `no word from the page in ${limit / 1000} seconds` }), limit);
  const result = await outcome;
  clearTimeout(timer);
  signal?.removeEventListener("abort", abort);
  await browser.kill();
  server.closeAllConnections();
  server.close();
  await remove(scratch);
  return result;
}

/** Removes a folder in which processes that are ending may still write; what then is left is the system's to clear. */
async function remove(folder) {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
