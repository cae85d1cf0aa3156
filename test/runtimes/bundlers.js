/** The package through every bundler, as a new user has it configured, and what comes of it in Chromium. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ISOLATED } from "../pages.js";
import { run, start } from "../processes.js";
import { answered, freePort, inBrowser, pageOf, serveFolder, servePort } from "./browsers.js";
import { consumer, environment, write } from "./consumers.js";
import { ESBUILD, NEXT, PARCEL, ROLLUP, VITES, WEBPACK } from "./versions.js";

const BUILD_MS = 4 * 60_000;
const START_MS = 60_000;
const plain = { ...environment, NO_COLOR: "1", FORCE_COLOR: "0", CI: "1", NEXT_TELEMETRY_DISABLED: "1" };

const MAIN = `import { scenario } from "./scenario.js";

scenario()
  .catch((error) => ({ fault: String(error) }))
  .then((result) => fetch("/done", { method: "POST", body: JSON.stringify(result) }));
`;

const script = (src) => pageOf(`<script defer src="${src}"></script>`);
const module = (src) => pageOf(`<script type="module" src="${src}"></script>`);

/** A bundler's command in a consumer. */
const command = (folder, [name, ...args]) => [join(folder, "node_modules/.bin", name), args, { cwd: folder, env: plain }];

/** What a bundler says from its first complaint on, without stacks. */
function complaints(said) {
  const lines = said.split("\n").filter((line) => !/^\s*at /.test(line));
  const first = lines.findIndex((line) => /error|fail|cannot|could not/i.test(line));
  return lines.slice(Math.max(0, first)).join("\n");
}

/** Opens what was built. @param page the HTML that goes with it, where the bundler makes none */
const built = (out, page) => (folder) => {
  if (page) writeFileSync(join(folder, out, "index.html"), page);
  return inBrowser("chromium", { serve: serveFolder(join(folder, out)), headers: ISOLATED });
};

/** Opens what the bundler's own server gives, which sends no headers for isolation: they are added on the way. */
const served = (words) => async (folder) => {
  const port = await freePort();
  const [program, args, options] = command(folder, words(String(port)));
  const server = start(program, args, options);
  try {
    await answered(`http://127.0.0.1:${port}/`, server, AbortSignal.timeout(START_MS));
    return await inBrowser("chromium", { serve: servePort(port), headers: ISOLATED });
  } finally {
    await server.kill();
  }
};

/** Builds, if there is something to build, and opens. */
const bundler = ({ name, tool, packages, files, build, open, cheap = false }) => ({
  name,
  threads: 2,
  cheap,
  async work(tarball, scenario) {
    const folder = await consumer(tarball, { name: tool, packages });
    write(folder, { "scenario.js": scenario, "main.js": MAIN, ...files });
    if (build) {
      const [program, args, options] = command(folder, build);
      const { fault, said } = await run(program, args, { ...options, limit: BUILD_MS });
      if (fault) return { unbuilt: `${fault}: ${complaints(said)}` };
    }
    return open(folder);
  },
});

const vite = ([major, version]) => {
  const vite = { tool: "vite", packages: { vite: version }, files: { "index.html": module("/main.js") } };
  return [
    bundler({ ...vite, name: `Vite ${version} build`, build: ["vite", "build"], open: built("dist"), cheap: major === Object.keys(VITES).at(-1) }),
    bundler({ ...vite, name: `Vite ${version} dev`, open: served((port) => ["vite", "--port", port, "--strictPort", "--host", "127.0.0.1"]) }),
  ];
};

const WEBPACK_CONFIG = `module.exports = { entry: "./main.js", mode: "production" };\n`;
const ROLLUP_CONFIG = `import { nodeResolve } from "@rollup/plugin-node-resolve";

export default { input: "main.js", output: { dir: "dist", format: "es" }, plugins: [nodeResolve({ browser: true })] };
`;

const esbuild = (page, ...flags) =>
  bundler({
    name: ["esbuild", ESBUILD, ...flags].join(" "),
    tool: "esbuild",
    packages: { esbuild: ESBUILD },
    files: {},
    build: ["esbuild", "main.js", "--bundle", "--outdir=dist", ...flags],
    open: built("dist", page),
    cheap: true,
  });

const NEXT_FILES = {
  "app/layout.js": `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
  "app/page.js": `"use client";
import { useEffect, useState } from "react";
import { scenario } from "../scenario.js";

async function edge() {
  const response = await fetch("/api/edge");
  const said = await response.text();
  if (said !== '{"steps":5,"same":true,"distance":0.5}') throw new Error(\`the edge route answered \${response.status}, \${said}\`);
}

export default function Page() {
  const [result, setResult] = useState("");
  useEffect(() => {
    edge()
      .then(scenario)
      .catch((error) => ({ fault: String(error) }))
      .then((result) => {
        setResult(JSON.stringify(result));
        return fetch("/done", { method: "POST", body: JSON.stringify(result) });
      });
  }, []);
  return <p>{result}</p>;
}
`,
  // What answers on the edge runtime, which has functions of Node that throw: so many samples that others get their turn meanwhile.
  "app/api/edge/route.js": `import { createGAN } from "ganvas";
import { totalVariation } from "ganvas/metrics";
import { createSampler } from "ganvas/sample";

export const runtime = "edge";

export async function GET() {
  const gan = await createGAN({ shape: [2], width: 8, batchSize: 8 });
  const { steps } = await gan.train(Float32Array.from({ length: 80 }, (_, i) => Math.sin(i)), { steps: 5 });
  const sampler = await createSampler(await gan.save({ generatorOnly: true }));
  const [one, other] = [await gan.sample({ count: 40000, seed: 1 }), await sampler.sample({ count: 40000, seed: 1 })];
  return Response.json({ steps, same: one.data.every((x, i) => x === other.data[i]), distance: totalVariation([0.5, 0.5], [1, 0]) });
}
`,
};

const next = (kind, ...flags) =>
  bundler({
    name: `Next ${NEXT.next} ${kind}`,
    tool: "next",
    packages: NEXT,
    files: NEXT_FILES,
    build: ["next", "build", ...flags],
    open: served((port) => ["next", "start", "-p", port, "-H", "127.0.0.1"]),
  });

export const BUNDLERS = [
  ...Object.entries(VITES).flatMap(vite),
  bundler({
    name: `webpack ${WEBPACK.webpack}`,
    tool: "webpack",
    packages: WEBPACK,
    files: { "webpack.config.js": WEBPACK_CONFIG },
    build: ["webpack"],
    open: built("dist", script("main.js")),
    cheap: true,
  }),
  bundler({
    name: `Rollup ${ROLLUP.rollup}`,
    tool: "rollup",
    packages: ROLLUP,
    files: { "rollup.config.mjs": ROLLUP_CONFIG },
    build: ["rollup", "-c", "rollup.config.mjs"],
    open: built("dist", module("main.js")),
    cheap: true,
  }),
  esbuild(script("main.js")),
  esbuild(script("main.js"), "--minify"),
  esbuild(module("main.js"), "--format=esm", "--splitting"),
  bundler({
    name: `Parcel ${PARCEL}`,
    tool: "parcel",
    // The polyfills that TensorFlow.js wants; Parcel installs them itself where it is run in a terminal, but has to be run twice then.
    packages: { parcel: PARCEL, process: "0.11.10", buffer: "6.0.3" },
    files: { "index.html": module("main.js") },
    build: ["parcel", "build", "index.html"],
    open: built("dist"),
  }),
  next("webpack", "--webpack"),
  next("Turbopack"),
];
