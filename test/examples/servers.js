/** How every service of the examples is started, in the runtime that it is for. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { run, start } from "../processes.js";
import { environment, Missing, ROOT, tools } from "../runtimes/consumers.js";
import { BUN, EDGE_RUNTIME, NODES, WORKERD, WRANGLER } from "../runtimes/versions.js";
import { writeConfig } from "../runtimes/workerd.js";

const BUILD_MS = 60_000;
const EDGE = fileURLToPath(new URL("edge.js", import.meta.url));

const scriptsOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).scripts;

/** A server by its own script, which names a program that is found elsewhere, and is told of its port by the environment. */
function serve(folder, port, program) {
  const [, ...args] = scriptsOf(folder).start.split(" ");
  return start(program, args, { cwd: folder, env: { ...environment, PORT: String(port) } });
}

async function deno(folder, port) {
  const program = join(ROOT, "node_modules/.bin/deno");
  if (!existsSync(program)) throw new Missing("not here: npm install deno");
  return serve(folder, port, program);
}

async function bun(folder, port) {
  const home = await tools("bun", { bun: BUN });
  return serve(folder, port, join(home, "node_modules/.bin/bun"));
}

/** What wrangler uploads to Cloudflare, in Cloudflare's runtime. */
async function worker(folder, port) {
  const [home, wrangler, node] = await Promise.all([
    tools("workerd", { workerd: WORKERD }),
    tools("wrangler", { wrangler: WRANGLER }),
    tools("node", { node: NODES[22] }),
  ]);
  const args = [join(wrangler, "node_modules/wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", "build"];
  const env = { ...environment, CI: "1", WRANGLER_SEND_METRICS: "false", PATH: `${join(node, "node_modules/.bin")}:${process.env.PATH}` };
  const { fault, said } = await run(join(node, "node_modules/.bin/node"), args, { cwd: folder, env, limit: BUILD_MS });
  if (fault || /warning/i.test(said)) throw new Error(`wrangler: ${fault}: ${said}`);

  const out = join(folder, "build");
  const kinds = { ".js": "esModule", ".wasm": "wasm", ".safetensors": "data" };
  const modules = readdirSync(out)
    .map((name) => [name, kinds[/\.\w+$/.exec(name)?.[0]]])
    .filter(([, kind]) => kind)
    .sort(([, kind]) => (kind === "esModule" ? -1 : 1)); // the first is the worker
  const [, day] = /compatibility_date = "(.*)"/.exec(readFileSync(join(folder, "wrangler.toml"), "utf8"));
  writeConfig(out, Object.fromEntries(modules), day, port);
  return start(join(home, "node_modules/.bin/workerd"), ["serve", "config.capnp"], { cwd: out, env: environment });
}

/** Modules of WebAssembly are globals, as in functions that Vercel has bundled. */
const wasmGlobals = (files) => ({
  name: "wasm-globals",
  setup(bundle) {
    bundle.onResolve({ filter: /\.wasm\?module$/ }, async ({ path, resolveDir }) => {
      const { path: file, errors } = await bundle.resolve(path.replace("?module", ""), { resolveDir, kind: "entry-point" });
      if (errors.length > 0) return { errors };
      const name = `wasm_${basename(file, ".wasm")}`;
      files.set(name, file);
      return { path: name, namespace: "wasm-globals" };
    });
    bundle.onLoad({ filter: /./, namespace: "wasm-globals" }, ({ path }) => ({ contents: `export default globalThis.${path};` }));
  },
});

async function edge(folder, port) {
  const home = await tools("edge-runtime", { "edge-runtime": EDGE_RUNTIME });
  const [source, bundle, files] = [join(folder, "api/face.js"), join(folder, "build/face.js"), new Map()];
  await build({
    absWorkingDir: folder,
    stdin: {
      resolveDir: folder,
      contents: `import answer from "./api/face.js"; addEventListener("fetch", (event) => event.respondWith(answer(event.request)));`,
    },
    outfile: bundle,
    bundle: true,
    format: "iife",
    target: "es2022",
    conditions: ["edge-light", "browser"],
    define: { "import.meta.url": JSON.stringify(`file://${source}`) },
    plugins: [wasmGlobals(files)],
    logLevel: "silent",
  });
  const modules = [...files].map((each) => each.join("="));
  // Of the young generation: it would grow with the load for some thousand requests.
  return start(process.execPath, ["--max-semi-space-size=1", EDGE, home, bundle, folder, String(port), ...modules], {
    cwd: folder,
    env: environment,
  });
}

/** `late` is whether the model may come once the server runs. */
export const SERVERS = [
  { name: "node-server", late: true, begin: (folder, port) => serve(folder, port, process.execPath) },
  { name: "deno-server", late: true, begin: deno },
  { name: "bun-server", late: true, begin: bun },
  { name: "cloudflare-worker", late: false, begin: worker },
  { name: "vercel-edge", late: true, begin: edge },
];

/** What is deployed to Lambda: the bundle and the model beside it. @returns its handler */
export async function lambda(folder) {
  mkdirSync(join(folder, "build"), { recursive: true });
  const env = { ...environment, PATH: `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}` };
  const { fault, said } = await run("sh", ["-c", scriptsOf(folder).build], { cwd: folder, env, limit: BUILD_MS });
  if (fault) throw new Error(`build: ${fault}: ${said}`);
  return (await import(join(folder, "build/index.mjs"))).handler;
}

/** Puts the model where a service looks for it. */
export const giveModel = (root, folder) => copyFileSync(join(root, "model.safetensors"), join(folder, "model.safetensors"));
