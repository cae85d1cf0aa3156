import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../child.ts";
import { CHROMIUM } from "../chromium.js";
import { type Place, visitPlaces } from "./places/serve.js";

const WORKER = readFileSync(`${ROOT}src/exec/wasm/run/worker.js`, "utf8");
const policy = (value: string) => ({ "content-security-policy": value });
const FILE_ONLY = policy("worker-src 'self'");

/** Time goes by fifty times as fast. */
const HURRY = "<script>{ const slow = setTimeout; globalThis.setTimeout = (work, ms) => slow(work, ms / 50); }</script>";
/** Time goes by so slowly that no time limit is ever reached. */
const WAIT = HURRY.replace("ms / 50", "ms * 1000");
/** What some bundlers put into pages, and Electron into its own. */
const PROCESS =
  '<script>globalThis.process = { versions: { node: "22.0.0", electron: "30.0.0" }, type: "renderer", env: {}, platform: "linux" };</script>';

const [TWO, ALONE] = ["1 step by wasm in 2: asked for", "1 step by wasm in 1: asked for"];
const NOT_ISOLATED = `${ALONE}; one thread, for the page is not cross-origin isolated, so there is no SharedArrayBuffer`;
const [SAMPLES, PNG] = ["3,2,2,1", "a PNG file"];
const NO_FILE =
  /an error without a message, as when the page's policy bars it \(worker-src\), it is missing, or it is not served as JavaScript, on a cross-origin isolated page with Cross-Origin-Embedder-Policy/;
const AT = String.raw`http://127\.0\.0\.1:\d+/\d+/lib`;
const NOT_COMPILED = /^backend: expected WebAssembly with SIMD, and leave to compile .* the page's policy needs script-src 'wasm-unsafe-eval'$/;
const NOT_FROM_URL = new RegExp(`^threads: expected workers that start, got ${NO_FILE.source} \\(${AT}/worker.js\\)$`);
const NO_WORKER = new RegExp(`^${ALONE}; one thread, the one that calls, for no worker starts: `);

type Expected = Readonly<Record<string, string | RegExp>>;

const PLACES: Readonly<Record<string, Omit<Place, "attempts"> & { readonly expected: Expected }>> = {
  "a page that is isolated": { expected: { two: TWO, url: TWO, sampler: SAMPLES, png: PNG, remounted: "0 workers left" } },
  "a page that is not isolated": { origin: "localhost", expected: { two: NOT_ISOLATED, sampler: SAMPLES, remounted: "0 workers left" } },
  "a page that has a process": { head: PROCESS, expected: { two: TWO } },
  "a page with scripts from elsewhere": { cdn: true, expected: { two: TWO } },
  "a page with scripts from elsewhere and workers from here": {
    cdn: true,
    headers: FILE_ONLY,
    expected: { two: /^threads: .*Script at 'http:\/\/localhost:.*\/worker.js' cannot be accessed/, url: TWO },
  },
  "script-src 'self'": {
    headers: policy("script-src 'self'"),
    expected: { two: NOT_COMPILED, sampler: NOT_COMPILED, reference: "1 step by reference in 1: asked for", png: PNG },
  },
  // Chromium starts a script from a blob there, and no module.
  "a sandboxed frame": { cdn: true, headers: policy("sandbox allow-scripts"), expected: { auto: NOT_ISOLATED, sampler: SAMPLES } },
  "worker-src 'none'": {
    head: WAIT,
    headers: policy("worker-src 'none'"),
    expected: {
      auto: new RegExp(`${NO_WORKER.source}.*${NO_FILE.source} \\(worker.js beside ${AT}/`),
      two: new RegExp(`^threads: .*needs blob:.*${NO_FILE.source}`),
      url: NOT_FROM_URL,
    },
  },
  "worker-src 'self'": { headers: FILE_ONLY, expected: { two: TWO, url: TWO } },
  "worker-src blob:": { headers: policy("worker-src blob:"), expected: { two: TWO, url: NOT_FROM_URL } },
  "Trusted Types": {
    headers: policy("require-trusted-types-for 'script'; trusted-types ganvas"),
    expected: { two: TWO, url: /^threads: .*TrustedScriptURL.*needs a default policy of Trusted Types that lets it pass \(http/ },
  },
  "Trusted Types without ours": {
    headers: policy("require-trusted-types-for 'script'; trusted-types 'none'"),
    expected: { auto: new RegExp(`${NO_WORKER.source}.*the page's policy needs trusted-types ganvas \\(its source, as a blob\\)`) },
  },
  "a file of workers that never comes": {
    worker: "silent",
    head: HURRY,
    expected: { url: new RegExp(`^threads: .* got no message from it in 8 seconds \\(${AT}/worker.js\\)$`) },
  },
  "a file of workers that is missing": {
    worker: [undefined],
    head: WAIT,
    headers: FILE_ONLY,
    expected: { two: new RegExp(NO_FILE), url: NOT_FROM_URL },
  },
  "a file of workers that is a page": { worker: [WORKER, { "content-type": "text/html" }], expected: { url: NOT_FROM_URL } },
  "a file of workers that is not isolated": {
    worker: [WORKER, { "cross-origin-embedder-policy": "unsafe-none" }],
    expected: { url: NOT_FROM_URL },
  },
  "a worker of modules": { inside: "dedicated main.js module", expected: { two: TWO, sampler: SAMPLES, png: PNG } },
  "a shared worker": { inside: "shared main.js module", expected: { auto: new RegExp(`^${ALONE}`) } },
  "a service worker of modules": {
    inside: "service main.js module",
    expected: {
      auto: /^backend: expected leave to import the kernels, .*; hand them in by the option `wasm`, or build the application with a bundler/,
      given: `${ALONE}; one thread, as the kernels that were handed in are for one`,
      sampler: SAMPLES,
      png: /^png: expected leave to import the encoder, got .*; a bundler makes imports at run time unnecessary$/,
    },
  },
  "a service worker that is a script": {
    inside: "service script.js classic",
    expected: { auto: new RegExp(`^${ALONE}`), two: /a runtime without workers|no SharedArrayBuffer/, sampler: SAMPLES, png: PNG },
  },
};

/** Chrome itself takes no extensions from the command line. */
const EXTENSION: Expected | undefined = CHROMIUM?.includes("chromium") ? { two: TWO, sampler: SAMPLES, png: PNG } : undefined;

const attemptsOf = (expected: Expected): string => Object.keys(expected).join();

describe.skipIf(!CHROMIUM)(CHROMIUM ? "the library in" : "the library in places of a browser (skipped: Chromium is not installed)", () => {
  let visited: Awaited<ReturnType<typeof visitPlaces>>;

  beforeAll(async () => {
    const places = Object.fromEntries(
      Object.entries(PLACES).map(([name, { expected, ...place }]) => [name, { ...place, attempts: attemptsOf(expected) }]),
    );
    visited = await visitPlaces(places, { extension: EXTENSION && attemptsOf(EXTENSION) });
  });

  const check = (place: string, expected: Expected) => {
    expect(visited.reports, visited.fault).toHaveProperty([place]);
    for (const [attempt, outcome] of Object.entries(expected)) {
      const got = visited.reports[place]![attempt];
      if (typeof outcome === "string") expect(got, attempt).toBe(outcome);
      else expect(got, attempt).toMatch(outcome);
    }
  };

  it.each(Object.keys(PLACES))("%s", (place) => check(place, PLACES[place]!.expected));

  it.skipIf(!EXTENSION)("a page of an extension", () => check("extension", EXTENSION!));
});
