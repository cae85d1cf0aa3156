/**
 * Runs the WebGPU suite in Node (package `webgpu`), Deno and headless Chromium, one after another.
 *
 *   node test/webgpu/run.js [node] [deno] [chromium] [--allow-missing]
 *
 * A runtime that has no adapter, or is not installed, is an error unless `--allow-missing` is given.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const output = join(root, "dist/test-webgpu");
const scratch = mkdtempSync(join(tmpdir(), "ganvas-webgpu-"));

/** Chromium's own Vulkan on the CPU, for machines without a GPU. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LIMIT_MS = 15 * 60_000;

const environment = { XDG_RUNTIME_DIR: scratch, ...process.env };

function say(runtime, text) {
  for (const line of text.split("\n")) if (line.trim()) console.log(`${runtime.padEnd(8)} ${line}`);
}

/** The exit code of a program whose output is passed on; null when it is not there or takes too long. */
function run(runtime, command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: { ...environment, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => say(runtime, text));
    child.on("error", (error) => say(runtime, `cannot be run: ${error.message}`));
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

const OUTCOMES = { 0: "passed", 3: "no adapter" };

async function inNode() {
  const software = process.platform === "linux" && !process.env.VK_ICD_FILENAMES && existsSync(SWIFTSHADER);
  const code = await run("node", process.execPath, [join(output, "main.js")], software ? { VK_ICD_FILENAMES: SWIFTSHADER } : {});
  return OUTCOMES[code] ?? "failed";
}

async function inDeno() {
  const deno = join(root, "node_modules/.bin/deno");
  if (!existsSync(deno)) return "not installed";
  return OUTCOMES[await run("deno", deno, ["run", "--allow-all", join(output, "main.js")])] ?? "failed";
}

async function inChromium() {
  const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => p && existsSync(p));
  if (!chromium) return "not installed";
  let finish;
  const outcome = new Promise((resolve) => {
    finish = resolve;
  });
  const files = { "/": ["text/html", '<!doctype html><script type="module" src="/page.js"></script>'] };
  const bundle = await build({ ...BUNDLE, entryPoints: [join(here, "page.ts")], write: false, platform: "browser", mainFields: ["module", "main"] });
  files["/page.js"] = ["text/javascript", bundle.outputFiles[0].text];
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const body = Buffer.concat(await request.toArray()).toString();
      if (request.url === "/log") say("chromium", body);
      else finish(body);
      response.end();
      return;
    }
    const [type, content] = files[request.url] ?? [];
    response.writeHead(type ? 200 : 404, type ? { "content-type": type } : {}).end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const flags = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    `--user-data-dir=${join(scratch, "chromium")}`,
    "--enable-unsafe-webgpu",
    "--enable-features=Vulkan",
    "--use-webgpu-adapter=swiftshader",
  ];
  const browser = spawn(chromium, [...flags, `http://127.0.0.1:${server.address().port}/`], { env: environment, stdio: "ignore" });
  browser.on("close", () => finish("failed"));
  const timer = setTimeout(() => finish("failed"), LIMIT_MS);
  const result = await outcome;
  clearTimeout(timer);
  browser.removeAllListeners("close");
  const closed = new Promise((resolve) => browser.on("close", resolve));
  browser.kill();
  await closed;
  server.closeAllConnections();
  server.close();
  return result;
}

/** Kernels are carried as bytes, as in the package. */
const BUNDLE = { bundle: true, format: "esm", target: "es2022", logLevel: "error", loader: { ".wasm": "binary" } };
const RUNTIMES = { node: inNode, deno: inDeno, chromium: inChromium };

const words = process.argv.slice(2);
const allowMissing = words.includes("--allow-missing");
const asked = words.filter((word) => !word.startsWith("--"));
const unknown = asked.filter((word) => !(word in RUNTIMES));
if (unknown.length > 0) throw new Error(`unknown runtime ${unknown.join(", ")}; there are ${Object.keys(RUNTIMES).join(", ")}`);

await build({ ...BUNDLE, entryPoints: [join(here, "main.ts")], outfile: join(output, "main.js"), platform: "node", external: ["@tensorflow/*"] });
const outcomes = {};
for (const runtime of asked.length > 0 ? asked : Object.keys(RUNTIMES)) outcomes[runtime] = await RUNTIMES[runtime]();
rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });

console.log();
for (const [runtime, outcome] of Object.entries(outcomes)) say(runtime, outcome);
const isFine = (outcome) => outcome === "passed" || (allowMissing && (outcome === "no adapter" || outcome === "not installed"));
if (!Object.values(outcomes).every(isFine)) process.exitCode = 1;
