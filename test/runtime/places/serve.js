/** The library in many places of one browser at once. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { bundled } from "../../bundled.js";
import { ISOLATED, openChromium } from "../../chromium.js";
import { visit } from "../../pages.js";

const file = (path) => new URL(`../../../${path}`, import.meta.url);
const WORKER = readFileSync(file("src/exec/wasm/run/worker.js"), "utf8");
const KERNELS = readFileSync(file("dist/kernels/simd.wasm"));

/** Has every origin's pages take it, isolated ones too. */
const SHARED = { ...ISOLATED, "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" };

/** The program and the library by their paths: as modules that are imported when they are needed (main.js), and as one script. */
async function bundles() {
  const common = {
    entryPoints: [file("test/runtime/places/main.ts").pathname],
    outdir: "/lib",
    bundle: true,
    target: "es2022",
    mainFields: ["module", "main"],
    plugins: [bundled],
    write: false,
    logOverride: { "empty-import-meta": "silent" },
  };
  const built = await Promise.all([build({ ...common, format: "esm", splitting: true }), build({ ...common, format: "iife", entryNames: "script" })]);
  return Object.fromEntries(built.flatMap(({ outputFiles }) => outputFiles.map(({ path, text }) => [path, text])));
}

/** Writes an extension whose worker opens its page. */
function writeExtension(folder, files, query) {
  const manifest = {
    manifest_version: 3,
    name: "ganvas",
    version: "1",
    background: { service_worker: "open.js" },
    content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'" },
    cross_origin_embedder_policy: { value: "require-corp" },
    cross_origin_opener_policy: { value: "same-origin" },
  };
  mkdirSync(join(folder, "lib"));
  const written = {
    ...files,
    "/lib/worker.js": WORKER,
    "/manifest.json": JSON.stringify(manifest),
    "/page.html": '<!doctype html><script type="module" src="lib/main.js"></script>',
    "/open.js": `chrome.tabs.create({ url: "page.html?${query}" });`,
  };
  for (const [path, content] of Object.entries(written)) writeFileSync(join(folder, path), content);
}

export async function visitPlaces(places, { extension, open = openChromium, limit = 100_000 } = {}) {
  const files = await bundles();
  const names = Object.keys(places);
  const reports = {};
  let complete;
  const all = new Promise((resolve) => {
    complete = resolve;
  });

  /** The page that has all others in frames. */
  const frames = (port) => {
    const server = `http://127.0.0.1:${port}`;
    const sources = names.map((place, i) => {
      const { attempts, inside = "", origin = "127.0.0.1" } = places[place];
      return `http://${origin}:${port}/${i}/?${new URLSearchParams({ place, attempts, inside, url: `${server}/${i}/lib/worker.js`, server })}`;
    });
    const tags = sources.map((source) => `<iframe src="${source}"></iframe>`);
    return `<!doctype html>${tags.join("")}<script>fetch("/all").then(() => fetch("/done", { method: "POST" }))</script>`;
  };

  const serve = async ({ url, headers: { host } }, response) => {
    const answer = (type, content, headers = {}) => response.writeHead(200, { "content-type": type, ...SHARED, ...headers }).end(content);
    const [, port] = host.split(":");
    const { pathname } = new URL(url, "http://127.0.0.1");
    if (pathname === "/") return answer("text/html", frames(port));
    if (pathname === "/all") return answer("text/plain", await all);
    const [, i, path] = /^\/(\d+)(\/.*)$/.exec(pathname) ?? [];
    const { head = "", headers, cdn, worker = [WORKER] } = places[names[i]] ?? {};
    if (path === "/") {
      const lib = cdn ? `http://localhost:${port}/${i}/lib` : "lib";
      return answer("text/html", `<!doctype html>${head}<script type="module" src="${lib}/main.js"></script>`, headers);
    }
    if (path === "/lib/kernels.wasm") return answer("application/wasm", KERNELS);
    if (path === "/lib/worker.js" && worker === "silent") return;
    const [content, more] = path === "/lib/worker.js" ? worker : [files[path]];
    if (content === undefined) response.writeHead(404, SHARED).end();
    else answer("text/javascript", content, more);
  };

  const folder = mkdtempSync(join(tmpdir(), "ganvas-extension-"));
  const { fault } = await visit({
    serve,
    limit,
    open(url, scratch) {
      if (!extension) return open(url, scratch);
      writeExtension(folder, files, new URLSearchParams({ place: "extension", attempts: extension, server: url.slice(0, -1) }));
      const flags = [`--load-extension=${folder}`, "--disable-features=DisableLoadExtensionCommandLineSwitch"];
      return open(url, scratch, { flags });
    },
    log(text) {
      const { place, report } = JSON.parse(text);
      reports[place] = report;
      if (Object.keys(reports).length === names.length + (extension ? 1 : 0)) complete("");
    },
  });
  rmSync(folder, { recursive: true, force: true });
  return { reports, fault };
}
