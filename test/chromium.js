/** A page in headless Chromium, served from this machine. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Chromium is; undefined where it is not. */
export const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);

/** What makes a page cross-origin isolated, so that it has SharedArrayBuffer. */
export const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

export async function runPage({ files, headers = {}, flags = [], env = {}, log = () => {}, limit = 50_000 }) {
  const scratch = mkdtempSync(join(tmpdir(), "ganvas-chromium-"));
  let finish;
  const outcome = new Promise((resolve) => {
    finish = resolve;
  });
  const page = ["text/html", '<!doctype html><script type="module" src="/page.js"></script>'];
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const body = Buffer.concat(await request.toArray()).toString();
      if (request.url === "/log") log(body);
      else finish(body);
      response.end();
      return;
    }
    const [type, content] = request.url === "/" ? page : [files[request.url] ? "text/javascript" : undefined, files[request.url]];
    response.writeHead(type ? 200 : 404, type ? { "content-type": type, ...headers } : {}).end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const always = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", `--user-data-dir=${join(scratch, "profile")}`];
  const browser = spawn(CHROMIUM, [...always, ...flags, `http://127.0.0.1:${server.address().port}/`], {
    env: { XDG_RUNTIME_DIR: scratch, ...process.env, ...env },
    stdio: "ignore",
    detached: true, // a process group, to be ended as a whole
  });
  browser.on("error", () => finish(null));
  const ended = new Promise((resolve) => browser.on("exit", resolve));
  browser.on("exit", () => finish(null));
  const timer = setTimeout(() => finish(null), limit);
  const result = await outcome;
  clearTimeout(timer);
  if (browser.pid !== undefined) {
    if (browser.exitCode === null && browser.signalCode === null) process.kill(-browser.pid, "SIGKILL");
    await ended;
  }
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
