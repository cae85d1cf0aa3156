import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { during, end, FOLDER, floats, launch, type Runtime } from "./runtime.ts";

export const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);

const MODULES = fileURLToPath(new URL("../bench/node_modules/", import.meta.url));
/** Where the WebAssembly of the peers is. */
const WASM = [`${MODULES}onnxruntime-web/dist`, `${MODULES}@tensorflow/tfjs-backend-wasm/dist`];
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

interface Posted {
  readonly picture: Float32Array;
  readonly ms: number;
}

/** Milliseconds that a browser has for its own start, before it loads the page. */
const SETTLE = 1_500;

/** Headless Chromium, started anew and with a profile that nobody has used. Pages are bundled, minified, and served from this machine without compression. */
export async function chromiumRuntime(version: string, models: string, scratch: string): Promise<Runtime> {
  const built = new Map<string, Promise<void>>();
  let posted: { resolve(posted: Posted): void; reject(error: Error): void } | undefined;
  let profiles = 0;

  async function receive(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    response.end();
    const ms = url.searchParams.get("ms");
    if (ms === null) posted?.reject(new Error(decodeURIComponent(url.search.slice(1))));
    else posted?.resolve({ picture: floats(body), ms: Number(ms) });
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://page");
    if (request.method === "POST") return void receive(request, response, url);
    const name = url.pathname.endsWith("/") ? "index.html" : basename(url.pathname);
    const file = [join(scratch, "pages", url.pathname.split("/")[1]!), models, ...WASM]
      .map((folder) => join(folder, name))
      .find((path) => existsSync(path));
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    name: `Chromium ${version}`,
    threaded: false,
    can: ({ page }) => page === true,
    async start({ module, file }, threads) {
      if (!built.has(module)) built.set(module, buildPage(module, join(scratch, "pages", module)));
      await built.get(module);
      const profile = join(scratch, `profile-${profiles++}`);
      const picture = new Promise<Posted>((resolve, reject) => {
        posted = { resolve, reject };
      });
      const flags = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run", `--user-data-dir=${profile}`];
      const running = launch(CHROMIUM!, [...flags, `http://127.0.0.1:${port}/${module}/wait.html?file=${file}&threads=${threads}`], {
        XDG_RUNTIME_DIR: scratch,
      });
      try {
        return await during(running, picture);
      } finally {
        await end(running);
        rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function buildPage(module: string, out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const html = (script: string) => `<!doctype html><meta charset="utf-8">${script}`;
  writeFileSync(join(out, "wait.html"), html(`<script>setTimeout(() => location.replace("./" + location.search), ${SETTLE});</script>`));
  writeFileSync(join(out, "index.html"), html(`<script type="module" src="page.js"></script>`));
  await build({
    entryPoints: [`${FOLDER}page.js`],
    outdir: out,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    mainFields: ["module", "browser", "main"],
    external: ["node:*"],
    // Of its builds for pages, the one for WebAssembly alone is the smallest.
    absWorkingDir: FOLDER, // from which the aliases are resolved
    alias: { program: `${FOLDER}${module}.js`, "onnxruntime-web": "onnxruntime-web/wasm" },
    logLevel: "error",
  });
}
