/** The examples that train on a page, built by their bundlers, and what they show in Chromium. */
import { cpSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { run, start } from "../processes.js";
import { answered, freePort, inBrowser } from "../runtimes/browsers.js";
import { consumer, environment } from "../runtimes/consumers.js";
import { NEXT, VITES } from "../runtimes/versions.js";

const BUILD_MS = 4 * 60_000;
const START_MS = 60_000;
const plain = { ...environment, NO_COLOR: "1", FORCE_COLOR: "0", CI: "1", NEXT_TELEMETRY_DISABLED: "1" };

/** Looks at the page as its reader would, until it has trained for a while. */
function look() {
  const states = [];
  const timer = setInterval(() => {
    const text = document.querySelector("#status")?.textContent ?? "";
    if (states.at(-1) !== text) states.push(text);
    const [, step, threads] = /^Step (\d+).*?(\d+) thread/.exec(text) ?? [];
    if (!(Number(step) >= 20)) return;
    clearInterval(timer);
    const canvases = [...document.querySelectorAll("canvas")].map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
    const result = { threads: Number(threads), isolated: crossOriginIsolated, canvases, text };
    fetch("/done", { method: "POST", body: JSON.stringify(result) });
  }, 100);
}

const PROBE = `<script>(${look})()</script>`;

/** Passes on what another server of this machine serves, its headers and all; whoever looks is in the page besides. */
const servePort = (port) => (asked, response) => {
  const { host: _host, "accept-encoding": _accepted, ...headers } = asked.headers;
  const forward = request({ host: "127.0.0.1", port, path: asked.url, method: asked.method, headers }, async (answer) => {
    const isPage = /^text\/html/.test(answer.headers["content-type"]);
    const { "content-length": _length, "transfer-encoding": _encoding, ...passed } = answer.headers;
    response.writeHead(answer.statusCode, isPage ? passed : answer.headers);
    if (!isPage) return answer.pipe(response);
    const page = Buffer.concat(await answer.toArray()).toString();
    response.end(page.replace("</body>", `${PROBE}</body>`));
  });
  forward.on("error", () => response.writeHead(502).end());
  forward.end();
};

/** @throws Error with what is not as it should be */
async function seen(serve) {
  const { fault, threads, isolated, canvases, text } = await inBrowser("chromium", { serve });
  if (fault) throw new Error(fault);
  if (!isolated) throw new Error("the page is not cross-origin isolated");
  if (!(threads > 1)) throw new Error(`it trains in ${threads} thread`);
  if (canvases.some((colors) => colors < 2)) throw new Error("a canvas is empty");
  return text;
}

const page = ({ name, tool, packages, serve }) => ({
  name,
  /** @returns what the page says once it has trained for a while */
  async work(tarball, examples) {
    const folder = await consumer(tarball, { name: tool, packages });
    // The lists of packages stay as they were installed.
    cpSync(join(examples, name), folder, { recursive: true, filter: (path) => !path.endsWith("package.json") });
    const bundler = join(folder, "node_modules/.bin", tool);
    const { fault, said } = await run(bundler, ["build"], { cwd: folder, env: plain, limit: BUILD_MS });
    if (fault) throw new Error(`${fault}: ${said}`);
    const port = await freePort();
    const server = start(bundler, serve(String(port)), { cwd: folder, env: plain });
    try {
      await answered(`http://127.0.0.1:${port}/`, server, AbortSignal.timeout(START_MS));
      return await seen(servePort(port));
    } finally {
      await server.kill();
    }
  },
});

const VITE = Object.values(VITES).at(-1);

export const PAGES = [
  page({
    name: "vite",
    tool: "vite",
    packages: { vite: VITE },
    serve: (port) => ["preview", "--port", port, "--strictPort", "--host", "127.0.0.1"],
  }),
  page({ name: "next", tool: "next", packages: NEXT, serve: (port) => ["start", "-p", port, "-H", "127.0.0.1"] }),
];
