/**
 * Runs the WebGPU suite in Node (package `webgpu`), Deno and headless Chromium, one after another.
 *
 *   node test/webgpu/run.js [node] [deno] [chromium] [--allow-missing]
 *
 * A runtime that has no adapter, or is not installed, is an error unless `--allow-missing` is given.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundled } from "../bundled.js";
import { CHROMIUM, runPage } from "../chromium.js";

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
  if (!CHROMIUM) return "not installed";
  const bundle = await build({ ...BUNDLE, entryPoints: [join(here, "page.ts")], write: false, platform: "browser", mainFields: ["module", "main"] });
  return (
    (await runPage({
      files: { "/page.js": bundle.outputFiles[0].text },
      flags: ["--enable-unsafe-webgpu", "--enable-features=Vulkan", "--use-webgpu-adapter=swiftshader"],
      log: (text) => say("chromium", text),
      limit: LIMIT_MS,
    })) ?? "failed"
  );
}

/** Kernels are carried as bytes, as in the package. */
const BUNDLE = { bundle: true, format: "esm", target: "es2022", logLevel: "error", plugins: [bundled] };
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
