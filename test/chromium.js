/** A page in headless Chromium, served from this machine. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { visit } from "./pages.js";
import { start } from "./processes.js";

export { ISOLATED } from "./pages.js";

/** Where Chromium is; undefined where it is not. */
export const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);

/** Starts Chromium on a page. */
export function openChromium(url, scratch, { flags = [], ...options } = {}) {
  const always = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", `--user-data-dir=${join(scratch, "profile")}`];
  return start(CHROMIUM, [...always, ...flags, url], { env: { XDG_RUNTIME_DIR: scratch, ...process.env }, ...options });
}

export async function runPage({ files, flags, env = {}, ...options }) {
  const page = ["text/html", '<!doctype html><script type="module" src="/page.js"></script>'];
  const { posted } = await visit({
    ...options,
    serve({ url }, response, headers) {
      const [type, content] = url === "/" ? page : [files[url] ? "text/javascript" : undefined, files[url]];
      response.writeHead(type ? 200 : 404, type ? { "content-type": type, ...headers } : {}).end(content);
    },
    open: (url, scratch) => openChromium(url, scratch, { flags, env: { XDG_RUNTIME_DIR: scratch, ...process.env, ...env }, stdio: "ignore" }),
  });
  return posted ?? null;
}
