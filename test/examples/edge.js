/**
 * Serves a bundled function in Vercel's edge runtime, as `vercel dev` does: modules of WebAssembly are compiled outside and handed in by name; files that the function names beside itself are fetched.
 *
 *   node edge.js <folder of edge-runtime> <bundle> <folder of the function> <port> [<name>=<wasm file>...]
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const [home, bundle, folder, port, ...modules] = process.argv.slice(2);
const { EdgeRuntime, runServer } = createRequire(join(resolve(home), "package.json"))("edge-runtime");

const compiled = await Promise.all(
  modules.map(async (each) => {
    const [name, file] = each.split("=");
    return [name, await WebAssembly.compile(await readFile(file))];
  }),
);

/** The runtime's own `fetch`, and files of the function's folder. */
const withAssets =
  ({ fetch, Response }) =>
  async (input, options) => {
    const url = String(input);
    if (!url.startsWith("file:")) return fetch(input, options);
    const file = fileURLToPath(url);
    if (!file.startsWith(resolve(folder) + sep)) throw new TypeError(`${file} is not part of the function`);
    return new Response(await readFile(file));
  };

const runtime = new EdgeRuntime({
  initialCode: await readFile(bundle, "utf8"),
  extend: (context) => Object.assign(context, Object.fromEntries(compiled), { fetch: withAssets(context) }),
});
await runServer({ runtime, host: "127.0.0.1", port: Number(port) });
