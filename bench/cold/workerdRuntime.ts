import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Program } from "./programs.ts";
import { during, end, FOLDER, floats, launch, peakOf, type Runtime } from "./runtime.ts";

const MODULES = fileURLToPath(new URL("../bench/node_modules/", import.meta.url));
export const WORKERD = `${MODULES}@cloudflare/workerd-${process.platform}-${process.arch === "x64" ? "64" : process.arch}/bin/workerd`;
const KERNELS = fileURLToPath(new URL("../dist/kernels/", import.meta.url));

/** Modules of WebAssembly stay files, which the runtime compiles, as with Cloudflare's own bundler. */
const wasmFiles = (out: string): Plugin => ({
  name: "wasm-files",
  setup({ onResolve }) {
    onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path }) => {
      const name = basename(path).replace("?module", "");
      copyFileSync(`${KERNELS}${name}`, join(out, name));
      return { path: `./${name}`, external: true };
    });
  },
});

/** Cloudflare's runtime on this machine. A worker's file is a module of it, and it is asked once. @param version of the package `workerd` */
export function workerdRuntime(version: string, models: string, scratch: string): Runtime {
  const built = new Map<Program, Promise<string>>();
  return {
    name: `workerd ${version}`,
    threaded: false,
    can: ({ worker }) => worker !== undefined,
    async start(program) {
      if (!built.has(program)) built.set(program, buildWorker(program, version, models, join(scratch, `workerd-${built.size}`)));
      const config = await built.get(program)!;
      const begin = performance.now();
      const running = launch(WORKERD, ["serve", config, "--control-fd=3"], {}, 1);
      try {
        const port = await during(running, listening(running.child.stdio[3] as Readable));
        const asked = performance.now();
        const response = await during(running, fetch(`http://127.0.0.1:${port}/`));
        const body = await response.arrayBuffer();
        const now = performance.now();
        if (!response.ok) throw new Error(`${response.status} ${Buffer.concat(running.errors).toString() || Buffer.from(body).toString()}`);
        const peak = peakOf(running.child.pid!);
        return { picture: floats(new Uint8Array(body)), ms: now - asked, wallMs: now - begin, ...(peak !== undefined && { peak }) };
      } finally {
        await end(running);
      }
    },
    close() {},
  };
}

/** @returns the path of the configuration */
async function buildWorker({ worker, file }: Program, version: string, models: string, out: string): Promise<string> {
  return bundleWorker(`${FOLDER}${worker}`, version, out, file ? { model: join(models, file) } : {});
}

/**
 * Bundles a worker and writes its configuration.
 *
 * @param data files that are modules of it, by the names that it imports them by
 * @returns the path of the configuration
 */
export async function bundleWorker(entry: string, version: string, out: string, data: Readonly<Record<string, string>> = {}): Promise<string> {
  mkdirSync(out);
  const { metafile } = await build({
    entryPoints: [entry],
    outfile: join(out, "worker.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: Object.keys(data),
    plugins: [wasmFiles(out)],
    metafile: true,
    logLevel: "error",
  });
  const wasm = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.map(({ path }) => basename(path)).filter((name) => /\.wasm$/.test(name)),
  );
  for (const [name, file] of Object.entries(data)) copyFileSync(file, join(out, name));
  const modules = [
    `(name = "worker.js", esModule = embed "worker.js")`,
    ...[...new Set(wasm)].map((name) => `(name = "${name}", wasm = embed "${name}")`),
    ...Object.keys(data).map((name) => `(name = "${name}", data = embed "${name}")`),
  ];
  // The middle of the version is the last date that it knows.
  const date = version.split(".")[1]!.replace(/(....)(..)(..)/, "$1-$2-$3");
  const config = join(out, "config.capnp");
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${modules.join(", ")}], compatibilityDate = "${date}"))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
  );
  return config;
}

/** The port that it says it listens to. */
export function listening(control: Readable): Promise<number> {
  return new Promise((resolve) => {
    let said = "";
    control.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const port = /"port":(\d+)/.exec(said)?.[1];
      if (port) resolve(Number(port));
    });
  });
}
