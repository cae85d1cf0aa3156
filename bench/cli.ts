/** The command line of the benchmark. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Backend } from "./contender.ts";
import { PEERS } from "./entrants.ts";

export const USAGE = `npm run bench -- kernels|sample|train|cold|weights|memory|pictures [options]

  --backend webgpu  ours on the GPU, in the suite train (default: wasm)
  --quick           one small workload of the suite, few samples
  --peers a,b       ${PEERS.map(({ name }) => name).join(", ")}, or none
  --threads 1,2     thread counts to compare (default: 1 and all cores; in the suite cold 1)
  --workload T28    one workload of the suite, by the name of its file in bench/shapes
  --batch n         one batch size instead of those in the file
  --runtime node24  run in the Node 24 of bench/package.json
  --rounds 15       starts of each, in the suite cold
  --model file      the model, as save() wrote it, in the suite weights (default: the demo's faces, trained first)
  --json file       also write the rows as JSON
  --help            this text`;

export const SUITES = {
  kernels: ["GEMM", "T64", "T28", "TGP", "L28", "R32", "S64", "S64-1", "S32"],
  sample: ["S64-1", "S64", "S32"],
  train: ["T28", "T64", "TGP", "TMLP", "L28", "R32"],
  cold: ["S64"],
  weights: [],
  memory: [],
  pictures: [],
} as const;
export type Suite = keyof typeof SUITES;

export interface Options {
  readonly suite: Suite;
  readonly backend: Backend;
  readonly quick: boolean;
  readonly peers: readonly string[];
  readonly threads: readonly number[];
  readonly workloads: readonly string[];
  readonly batch: number | undefined;
  readonly rounds: number;
  readonly model: string | undefined;
  readonly node24: boolean;
  readonly json: string | undefined;
  /** The arguments without `--runtime`. */
  readonly args: readonly string[];
}

/** Peers that need minutes for a step take part only where asked for, or in a quick run of one step. */
const DEFAULT_PEERS = { wasm: ["tfjs-wasm", "ort-web", "ort-node", "pytorch"], webgpu: ["tfjs-webgpu", "pytorch-cuda"] } as const;
/** Those that are programs of JavaScript and start from a file of their own. */
const COLD_PEERS = ["ort-web", "ort-node", "tfjs-wasm"] as const;
const QUICK = {
  kernels: { workload: "GEMM", peers: ["tfjs-wasm"] },
  sample: { workload: "S64", batch: 16, peers: ["ort-web"] },
  train: { workload: "T28", batch: 64, peers: ["tfjs-cpu"] },
  cold: { rounds: 2, peers: ["ort-web"] },
  weights: { peers: [] },
  memory: { peers: [] },
  pictures: { peers: [] },
} as const satisfies Record<Suite, object>;

/** The options; null where help is asked for. @throws Error that says in one line what is wrong */
export function parse(args: readonly string[]): Options | null {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: {
      backend: { type: "string", default: "wasm" },
      quick: { type: "boolean", default: false },
      peers: { type: "string" },
      threads: { type: "string" },
      workload: { type: "string" },
      batch: { type: "string" },
      rounds: { type: "string" },
      model: { type: "string" },
      runtime: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return null;
  const [name, ...more] = positionals;
  if (!name || !Object.hasOwn(SUITES, name) || more.length > 0) throw new Error(`expected one of ${Object.keys(SUITES).join(", ")}`);
  const suite = name as Suite;
  const backend = checkBackend(values.backend, suite);
  for (const [option, only] of [
    ["rounds", "cold"],
    ["model", "weights"],
  ] as const)
    if (values[option] !== undefined && suite !== only) throw new Error(`--${option}: for the suite ${only} alone`);
  const quick: { workload?: string; batch?: number; rounds?: number; peers: readonly string[] } | undefined = values.quick ? QUICK[suite] : undefined;
  return {
    suite,
    backend,
    quick: values.quick,
    peers: peers(values.peers, suite, backend === "wasm" && quick ? quick.peers : defaultPeers(suite, backend)),
    threads: values.threads === undefined ? defaultThreads(suite) : values.threads.split(",").map((n) => count("--threads", n)),
    workloads: workloads(suite, values.workload ?? quick?.workload),
    batch: values.batch === undefined ? (values.workload === undefined ? quick?.batch : undefined) : count("--batch", values.batch),
    rounds: values.rounds === undefined ? (quick?.rounds ?? 15) : count("--rounds", values.rounds),
    model: values.model,
    node24: runtime(values.runtime),
    json: values.json,
    args: withoutRuntime(args, tokens),
  };
}

function defaultPeers(suite: Suite, backend: Backend): readonly string[] {
  if (suite === "cold") return COLD_PEERS;
  return suite === "weights" || suite === "memory" || suite === "pictures" ? [] : DEFAULT_PEERS[backend];
}

/** Whoever has to be there at once is rarely given more than one; who trains from files has what there is. */
function defaultThreads(suite: Suite): number[] {
  if (suite === "cold") return [1];
  return suite === "pictures" ? [availableParallelism()] : [...new Set([1, availableParallelism()])];
}

function checkBackend(name: string, suite: Suite): Backend {
  if (name !== "wasm" && name !== "webgpu") throw new Error(`--backend: expected wasm or webgpu, got ${name}`);
  if (name === "webgpu" && suite !== "train") throw new Error("--backend webgpu: for the suite train alone");
  return name;
}

function peers(list: string | undefined, suite: Suite, byDefault: readonly string[]): readonly string[] {
  if (list === undefined) return byDefault;
  const known: readonly string[] = suite === "cold" ? COLD_PEERS : PEERS.map((p) => p.name);
  const names = list === "none" ? [] : list.split(",");
  for (const name of names) if (!known.includes(name)) throw new Error(`--peers: ${name} is not one of ${known.join(", ")}`);
  return names;
}

function workloads(suite: Suite, only: string | undefined): readonly string[] {
  const all: readonly string[] = SUITES[suite];
  if (only === undefined) return all;
  if (!all.includes(only)) throw new Error(`--workload: ${only} is not one of ${all.join(", ")}`);
  return [only];
}

function count(path: string, text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new Error(`${path}: expected a whole number of at least 1, got ${text}`);
  return n;
}

function runtime(name: string | undefined): boolean {
  if (name !== undefined && name !== "node24") throw new Error(`--runtime: expected node24, got ${name}`);
  return name === "node24";
}

function withoutRuntime(
  args: readonly string[],
  tokens: readonly { kind: string; name?: string; index: number; inlineValue?: boolean | undefined }[],
): string[] {
  const token = tokens.find(({ kind, name }) => kind === "option" && name === "runtime");
  return token ? args.filter((_, i) => i !== token.index && !(i === token.index + 1 && !token.inlineValue)) : [...args];
}
