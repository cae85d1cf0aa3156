/**
 * Tries every example in the runtime that it is for, with the package as it would be published.
 *
 *   node test/examples/run.js [--only name,...] [--allow-missing] [--tarball file]
 *
 * Services are asked a thousand times, sixteen at a time; every picture is decoded, and is the same in all of them. `--only` takes the examples whose names contain one of some texts. One that cannot be
 * set up here, for want of a browser or of a network, is an error unless `--allow-missing` is given. Ends with 1 when anything is not as it should be.
 */
import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { run, scratchFolder } from "../processes.js";
import { answered, freePort } from "../runtimes/browsers.js";
import { consumer, environment, Missing, pack, ROOT } from "../runtimes/consumers.js";
import { PAGES } from "./pages.js";
import { giveModel, lambda, SERVERS } from "./servers.js";
import { checkAnswers, checkPicture, goAway, growth, hashOf, inMegabytes, load, overHttp } from "./service.js";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    "allow-missing": { type: "boolean", default: false },
    tarball: { type: "string" },
  },
});

const START_MS = 30_000;
const MODEL_MS = 120_000;
/** Requests whose client goes away before they are answered: the first of all, by which the model is opened. */
const GONE = 8;

const scratch = scratchFolder("ganvas-examples-");

const tarball = options.tarball ? resolve(options.tarball) : await pack(scratch);
/** The examples with the package above them, and a model. */
const copies = await consumer(tarball);
cpSync(join(ROOT, "examples"), copies, { recursive: true, filter: (path) => !/node_modules|\.safetensors$/.test(path) });
const made = await run(process.execPath, ["make-model.js"], { cwd: copies, env: environment, limit: MODEL_MS });
if (made.fault) throw new Error(`make-model.js: ${made.fault}: ${made.said}`);

/** What was the same in every service so far. */
const agreed = new Map();

/** @throws Error unless all that went before gave this, too */
function agree(what, hash) {
  if (agreed.has(what) && agreed.get(what) !== hash) throw new Error(`${what} differs from what the services before gave`);
  agreed.set(what, hash);
}

async function tryServer({ name, late, begin }) {
  const folder = join(copies, name);
  symlinkSync(join(copies, "node_modules"), join(folder, "node_modules"), "junction");
  if (!late) giveModel(copies, folder);
  const port = await freePort();
  const server = await begin(folder, port);
  try {
    const origin = `http://127.0.0.1:${port}`;
    await (await answered(`${origin}/`, server, AbortSignal.timeout(START_MS))).body?.cancel();
    const ask = overHttp(origin);
    if (late) {
      const { status } = await ask("/face/7.png");
      if (status !== 500) throw new Error(`without a model: ${status}, not 500`);
      giveModel(copies, folder);
    }
    await goAway(port, GONE);
    agree("the face of seed 7", hashOf(await checkAnswers(ask)));
    const { hash, p50, p99, memory } = await load(ask, server.pid);
    agree("the faces of all seeds", hash);
    const grown = growth(memory);
    if (grown) throw new Error(`memory grows: ${grown}`);
    return {
      "p50, ms": p50.toFixed(1),
      "p99, ms": p99.toFixed(1),
      "MB, warm": inMegabytes(memory.warm),
      "MB, last": inMegabytes(memory.last),
      result: hash.slice(0, 12),
    };
  } catch (error) {
    throw new Error(`${error.message}${error.cause ? ` (${error.cause.message})` : ""} ${server.said().slice(-1000)}`, { cause: error });
  } finally {
    await server.kill();
  }
}

const event = (name) => JSON.parse(readFileSync(new URL(`events/${name}.json`, import.meta.url), "utf8"));

async function tryLambda() {
  const folder = join(copies, "lambda");
  giveModel(copies, folder);
  const handler = await lambda(folder);
  const ask = async (name, headers = {}) => {
    const asked = event(name);
    const result = await handler({ ...asked, headers: { ...asked.headers, ...headers } });
    if (!result.isBase64Encoded) throw new Error("the body is not in base64");
    return { ...JSON.parse(JSON.stringify(result)), bytes: Buffer.from(result.body, "base64") };
  };
  const found = await ask("face");
  checkPicture(found.bytes);
  agree("the face of seed 7", hashOf(found.bytes));
  const statuses = [found, await ask("face", { "if-none-match": found.headers.etag }), await ask("badSeed"), await ask("unknownPath")].map(
    ({ statusCode }) => statusCode,
  );
  if (statuses.join() !== "200,304,400,404") throw new Error(`statuses ${statuses.join()}`);
  return { result: `${hashOf(found.bytes).slice(0, 12)} (seed 7)` };
}

const SLICES = 20;
const SLICE_MS = 1300;

/** Each call in a process of its own, as if the runtime had been put away in between: together they come to what one call does that has all the time. */
async function tryTraining() {
  const folder = join(copies, "lambda-training");
  symlinkSync(join(copies, "node_modules"), join(folder, "node_modules"), "junction");
  const call = async (kept, milliseconds, steps) => {
    const program = `
      import { handler } from "./index.js";
      console.log(JSON.stringify(await handler({}, { getRemainingTimeInMillis: () => ${milliseconds} })));`;
    const env = { ...environment, FOLDER: join(folder, kept), STEPS: String(steps) };
    const { fault, said } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder, env, limit: MODEL_MS });
    if (fault) throw new Error(`${fault}: ${said}`);
    return JSON.parse(said);
  };
  let reached = 0;
  for (let slice = 0; slice < SLICES; slice++) {
    const { step, done } = await call("slices", SLICE_MS, 1e6);
    if (done || step <= reached) throw new Error(`slice ${slice} came from step ${reached} to ${step}, done: ${done}`);
    reached = step;
  }
  const whole = await call("whole", 1e9, reached);
  if (!whole.done || whole.step !== reached) throw new Error(`one call came to step ${whole.step} of ${reached}, done: ${whole.done}`);
  const [inSlices, atOnce] = ["slices", "whole"].map((kept) => {
    const name = readdirSync(join(folder, kept)).sort().at(-1);
    return hashOf(readFileSync(join(folder, kept, name)));
  });
  if (inSlices !== atOnce) throw new Error(`${SLICES} slices of ${reached} steps gave ${inSlices}, one call ${atOnce}`);
  return { result: `${SLICES} slices, ${reached} steps, ${atOnce.slice(0, 12)}` };
}

/** Fewer steps than anyone would take, and enough for a distance of 2 to be told from one of 1. */
const FEW_STEPS = { "segments.js": "60", "training.js": "2" };

async function tryDivergence() {
  const folder = join(copies, "divergence");
  symlinkSync(join(copies, "node_modules"), join(folder, "node_modules"), "junction");
  let told = "";
  for (const [program, steps] of Object.entries(FEW_STEPS)) {
    const { fault, said } = await run(process.execPath, [program, steps], { cwd: folder, env: environment, limit: MODEL_MS });
    if (fault) throw new Error(`${program}: ${fault}: ${said}`);
    told += said;
  }
  for (const distance of [1, 2]) {
    const [, found] = new RegExp(`θ ${distance}: wasserstein-1 ([\\d.]+)`).exec(told) ?? [];
    if (!(Math.abs(found - distance) < 0.1 * distance)) throw new Error(`a distance of ${distance} is told as ${found}`);
  }
  const charts = ["segments", "jensen-shannon", "wasserstein"].map((name) => readFileSync(join(folder, `${name}.svg`), "utf8"));
  if (!charts.every((svg) => svg.startsWith("<svg") && svg.includes("<circle") && !svg.includes("NaN"))) throw new Error("a chart is not drawn");
  return { result: `${charts.length} charts` };
}

const rows = [
  ...SERVERS.map((server) => ({ name: server.name, work: () => tryServer(server) })),
  { name: "lambda", work: tryLambda },
  { name: "lambda-training", work: tryTraining },
  { name: "divergence", work: tryDivergence },
  ...PAGES.map(({ name, work }) => ({ name, work: async () => ({ result: await work(tarball, copies) }) })),
];
const texts = options.only?.toLowerCase().split(",");
const asked = rows.filter(({ name }) => !texts || texts.some((text) => name.includes(text)));
if (asked.length === 0) throw new Error(`no example is called ${options.only}; there are ${rows.map(({ name }) => name).join(", ")}`);

let failed = false;
const table = {};
for (const { name, work } of asked) {
  const begin = performance.now();
  let outcome = "passed";
  let cells = {};
  try {
    cells = await work();
  } catch (error) {
    const missing = error instanceof Missing;
    outcome = missing ? "missing" : "FAILED";
    failed ||= !(missing && options["allow-missing"]);
    console.log(`${name}: ${error.message}`);
  }
  table[name] = { outcome, seconds: Math.round((performance.now() - begin) / 1000), ...cells };
  console.log(`${name}: ${outcome}`);
}
console.table(table);
process.exitCode = failed ? 1 : 0;
