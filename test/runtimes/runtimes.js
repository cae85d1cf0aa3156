/** The package as it is installed, on every runtime, without a bundler but where the runtime wants one. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { ISOLATED } from "../pages.js";
import { run, start } from "../processes.js";
import { inBrowser, pageOf, serveFolder } from "./browsers.js";
import { environment, Missing, ROOT, tools } from "./consumers.js";
import { BUN, NODES, WORKERD } from "./versions.js";
import { writeConfig } from "./workerd.js";

const PROGRAM_MS = 120_000;
const MARK = "result: ";

const GUARDED = `import("./scenario.mjs").then(({ scenario }) => scenario()).catch((error) => ({ fault: String(error) }))`;

/** What the consumer's author wrote, for all runtimes. */
export const filesOf = (scenario) => ({
  "scenario.mjs": scenario,
  "main.mjs": `console.log("${MARK}" + JSON.stringify(await ${GUARDED}));`,
  "page.mjs": `fetch("/done", { method: "POST", body: JSON.stringify(await ${GUARDED}) });`,
  "worker.mjs": `import { scenario } from "./scenario.mjs";
export default { fetch: async () => Response.json(await scenario().catch((error) => ({ fault: String(error) }))) };`,
});

/** Runs the program to its end, which it must come to by itself. */
async function program(folder, command, ...args) {
  const { fault, said } = await run(command, [...args, "main.mjs"], { cwd: folder, env: environment, limit: PROGRAM_MS });
  const line = said.split("\n").find((text) => text.startsWith(MARK));
  if (fault || !line) return { fault: `${fault ?? "it says nothing"}: ${said.slice(-1000)}` };
  return JSON.parse(line.slice(MARK.length));
}

async function inNode(folder, version) {
  const home = await tools("node", { node: version });
  return program(folder, join(home, "node_modules/.bin/node"));
}

async function inDeno(folder) {
  const deno = join(ROOT, "node_modules/.bin/deno");
  if (!existsSync(deno)) throw new Missing("not here: npm install deno");
  return program(folder, deno, "run", "--allow-all");
}

async function inBun(folder) {
  const home = await tools("bun", { bun: BUN });
  return program(folder, join(home, "node_modules/.bin/bun"), "run");
}

/** Where an entry of `exports` leads on a page. */
function resolveExport(target, conditions = ["browser", "import", "module", "default"]) {
  if (typeof target !== "object") return target;
  for (const [condition, next] of Object.entries(target)) if (conditions.includes(condition)) return resolveExport(next, conditions);
  return undefined;
}

/** Every package that is installed, as a page without a bundler finds it. */
function importMap(folder) {
  const imports = {};
  const modules = join(folder, "node_modules");
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((part) => `${name}/${part}`) : [name],
  );
  for (const name of names.filter((each) => existsSync(join(modules, each, "package.json")))) {
    const { exports, module, main } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
    const entries = typeof exports === "object" && Object.keys(exports)[0].startsWith(".") ? exports : { ".": exports ?? module ?? main };
    for (const [entry, target] of Object.entries(entries)) {
      const path = resolveExport(target);
      if (path && !entry.includes("*")) imports[join(name, entry)] = `/${join("node_modules", name, path)}`;
    }
  }
  return { imports };
}

async function inPage(folder, browser, isolated) {
  const page = pageOf(`<script type="importmap">${JSON.stringify(importMap(folder))}</script>\n<script type="module" src="/page.mjs"></script>`);
  writeFileSync(join(folder, "index.html"), page);
  return inBrowser(browser, { serve: serveFolder(folder), headers: isolated ? ISOLATED : {} });
}

/** Modules of WebAssembly stay files, which the runtime compiles, whether imported as `.wasm` or `.wasm?module`: so does Cloudflare's bundler. */
const wasmFiles = (out, names) => ({
  name: "wasm-files",
  setup(bundle) {
    bundle.onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === "seen") return undefined;
      const { path: file, errors } = await bundle.resolve(path.replace("?module", ""), { resolveDir, kind, pluginData: "seen" });
      if (errors.length > 0) return { errors };
      const name = basename(file);
      copyFileSync(file, join(out, name));
      names.add(name);
      return { path: `./${name}`, external: true };
    });
    // A module that is asked for only elsewhere.
    bundle.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true }));
  },
});

async function inWorkerd(folder) {
  const home = await tools("workerd", { workerd: WORKERD });
  const out = join(folder, "workerd");
  mkdirSync(out, { recursive: true });
  const wasm = new Set();
  try {
    await build({
      absWorkingDir: folder,
      entryPoints: ["worker.mjs"],
      outfile: join(out, "worker.js"),
      bundle: true,
      format: "esm",
      target: "es2022",
      conditions: ["workerd", "worker", "browser"],
      plugins: [wasmFiles(out, wasm)],
      logLevel: "silent",
    });
  } catch (error) {
    return { fault: `esbuild: ${error.message}` };
  }
  const day = WORKERD.split(".")[1].replace(/(....)(..)(..)/, "$1-$2-$3");
  writeConfig(out, { "worker.js": "esModule", ...Object.fromEntries(Array.from(wasm, (name) => [name, "wasm"])) }, day);
  const server = start(join(home, "node_modules/.bin/workerd"), ["serve", "config.capnp", "--control-fd=3"], {
    cwd: out,
    env: environment,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  try {
    const signal = AbortSignal.timeout(PROGRAM_MS);
    const port = await listeningPort(server, signal);
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal });
    const text = await response.text();
    return response.ok ? JSON.parse(text) : { fault: `${response.status} ${text} ${server.said()}` };
  } catch (error) {
    return { fault: `${error.message} ${server.said()}` };
  } finally {
    await server.kill();
  }
}

/** What workerd says of its socket. */
function listeningPort(server, signal) {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stdio[3].setEncoding("utf8").on("data", (text) => {
      said += text;
      const found = /"event":"listen","socket":"http","port":(\d+)/.exec(said);
      if (found) resolve(Number(found[1]));
    });
    server.ended.then((code) => reject(new Error(`workerd ended: ${code}`)));
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** `threads` is how many there must be when two are asked for. All are cheap enough for every run. */
const row = (name, threads, work) => ({ name, threads, cheap: true, work });

export const RUNTIMES = [
  row(`Node ${process.versions.node}`, 2, (folder) => program(folder, process.execPath)),
  ...Object.values(NODES).map((version) => row(`Node ${version}`, 2, (folder) => inNode(folder, version))),
  row("Deno", 2, inDeno),
  row(`Bun ${BUN}`, 2, inBun),
  row(`workerd ${WORKERD}`, 1, inWorkerd),
  ...["Chromium", "Firefox"].flatMap((browser) => [
    row(`${browser} isolated`, 2, (folder) => inPage(folder, browser.toLowerCase(), true)),
    row(`${browser} not isolated`, 1, (folder) => inPage(folder, browser.toLowerCase(), false)),
  ]),
  row("WebKitGTK", 1, (folder) => inPage(folder, "webkit", true)),
  row("WebKitGTK with shared memory", 2, (folder) => inPage(folder, "webkitShared", true)),
];
