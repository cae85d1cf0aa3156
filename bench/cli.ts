/** The command line of the benchmark. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Backend } from "./contender.ts";
import { PEERS } from "./entrants.ts";

export const USAGE = `npm run bench -- kernels|sample|train [options]

  --backend webgpu  ours on the GPU, in the suite train (default: wasm)
  --quick           one small workload of the suite, few samples
  --peers a,b       ${PEERS.map(({ name }) => name).join(", ")}, or none
  --threads 1,2     thread counts to compare (default: 1 and all cores)
  --workload T28    one workload of the suite, by the name of its file in bench/shapes
  --batch n         one batch size instead of those in the file
  --runtime node24  run in the Node 24 of bench/package.json
  --json file       also write the rows as JSON
  --help            this text`;

export const SUITES = { kernels: ["GEMM", "T64", "T28"], sample: ["S64"], train: ["T28", "T64", "TGP", "TMLP"] } as const;
export type Suite = keyof typeof SUITES;

export interface Options {
  readonly suite: Suite;
  readonly backend: Backend;
  readonly quick: boolean;
  readonly peers: readonly string[];
  readonly threads: readonly number[];
  readonly workloads: readonly string[];
  readonly batch: number | undefined;
  readonly node24: boolean;
  readonly json: string | undefined;
  /** The arguments without `--runtime`. */
  readonly args: readonly string[];
}

/** Peers that need minutes for a step take part only where asked for, or in a quick run of one step. */
const DEFAULT_PEERS = { wasm: ["tfjs-wasm", "ort-web", "ort-node", "pytorch"], webgpu: ["tfjs-webgpu", "pytorch-cuda"] } as const;
const QUICK = {
  kernels: { workload: "GEMM", peers: ["tfjs-wasm"] },
  sample: { workload: "S64", batch: 16, peers: ["ort-web"] },
  train: { workload: "T28", batch: 64, peers: ["tfjs-cpu"] },
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
      runtime: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return null;
  const [suite, ...more] = positionals;
  if (!suite || !Object.hasOwn(SUITES, suite) || more.length > 0) throw new Error(`expected one of ${Object.keys(SUITES).join(", ")}`);
  const backend = checkBackend(values.backend, suite as Suite);
  const quick = values.quick ? QUICK[suite as Suite] : undefined;
  const defaultPeers = backend === "wasm" && quick ? quick.peers : DEFAULT_PEERS[backend];
  const cores = availableParallelism();
  return {
    suite: suite as Suite,
    backend,
    quick: values.quick,
    peers: values.peers === undefined ? defaultPeers : peerNames(values.peers),
    threads: values.threads === undefined ? [...new Set([1, cores])] : values.threads.split(",").map((n) => count("--threads", n)),
    workloads: workloads(suite as Suite, values.workload ?? quick?.workload),
    batch:
      values.batch === undefined
        ? values.workload === undefined && quick && "batch" in quick
          ? quick.batch
          : undefined
        : count("--batch", values.batch),
    node24: runtime(values.runtime),
    json: values.json,
    args: withoutRuntime(args, tokens),
  };
}

function checkBackend(name: string, suite: Suite): Backend {
  if (name !== "wasm" && name !== "webgpu") throw new Error(`--backend: expected wasm or webgpu, got ${name}`);
  if (name === "webgpu" && suite !== "train") throw new Error("--backend webgpu: for the suite train alone");
  return name;
}

function peerNames(list: string): string[] {
  const names = list === "none" ? [] : list.split(",");
  for (const name of names)
    if (!PEERS.some((p) => p.name === name)) throw new Error(`--peers: ${name} is not one of ${PEERS.map((p) => p.name).join(", ")}`);
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
