/** Who can take part, by the name `--peers` uses. */
import { fileURLToPath } from "node:url";
import { createTfjsExecutor } from "../src/exec/tfjs/executor.ts";
import { createWasmExecutor } from "../src/exec/wasm/executor.ts";
import { createSamplingExecutor, samplingKernels } from "../src/exec/wasm/sampling.ts";
import type { Backend, Entrant } from "./contender.ts";
import type { Command } from "./line.ts";
import { startOurs } from "./ours.ts";
import { startPeer } from "./peer.ts";

const script = (name: string): string => fileURLToPath(new URL(`../bench/peers/${name}`, import.meta.url));
const node = (file: string, ...args: string[]): Command => ({ program: process.execPath, args: [script(file), ...args] });
// glibc hands the memory of large tensors back to the system after each use and has it cleared at the next, unless told to keep it.
const KEEP_MEMORY = { MALLOC_TRIM_THRESHOLD_: `${2 ** 32}`, MALLOC_MMAP_THRESHOLD_: `${2 ** 32}` };
const python = (env: Record<string, string>, ...args: string[]): Command => ({
  program: process.env.PYTHON ?? "/usr/bin/python3",
  args: [script("pytorch.py"), ...args],
  env: { ...KEEP_MEMORY, ...env },
});

export const NODE = `Node ${process.versions.node}`;

export const OURS: Readonly<Record<Backend, Entrant>> = {
  wasm: {
    name: "ganvas",
    runtime: NODE,
    threaded: true,
    open: async (task, tensors, threads) => startOurs(await createWasmExecutor({ threads }), task, tensors),
  },
  webgpu: {
    name: "ganvas",
    runtime: `WebGPU, ${NODE}`,
    threaded: false,
    open: async (task, tensors) => startOurs(await createTfjsExecutor(), task, tensors),
  },
};

/** What `ganvas/sample` computes with: the kernels of sampling alone. */
export const SAMPLER: Entrant = {
  name: "ganvas/sample",
  runtime: NODE,
  threaded: false,
  open: async (task, tensors) => startOurs(createSamplingExecutor(samplingKernels()), task, tensors),
};

/** The WebGPU adapter in a few words. @throws BackendError when there is none */
export async function findAdapter(): Promise<string> {
  const executor = await createTfjsExecutor({ reason: "adapter" });
  executor.dispose();
  return executor.backend.reason;
}

function peer(name: string, runtime: string, threaded: boolean, command: (threads: number) => Command): Entrant {
  return { name, runtime, threaded, open: (task, tensors, threads, signal) => startPeer(command(threads), task, tensors, threads, signal) };
}

const threadCounts = (threads: number): Record<string, string> => ({ OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` });

/** The same step in float64, by which everyone is judged. */
export const FLOAT64: Entrant = peer("pytorch float64", "native, Python", true, (threads) => python(threadCounts(threads), "cpu", "float64"));

export const PEERS: readonly Entrant[] = [
  peer("tfjs-cpu", NODE, false, () => node("tfjs.js", "cpu")),
  peer("tfjs-wasm", NODE, false, () => node("tfjs.js", "wasm")),
  peer("tfjs-webgpu", `WebGPU, ${NODE}`, false, () => node("tfjs.js", "webgpu")),
  peer("ort-web", NODE, true, () => node("ort.js", "web")),
  peer("ort-node", `native, ${NODE}`, true, () => node("ort.js", "node")),
  peer("jax", NODE, false, () => node("jax.js")),
  peer("pytorch", "native, Python", true, (threads) => python(threadCounts(threads))),
  // The same vector width as WebAssembly's.
  peer("pytorch-sse", "native, Python", true, (threads) =>
    python({ ...threadCounts(threads), ONEDNN_MAX_CPU_ISA: "SSE41", ATEN_CPU_CAPABILITY: "default", OPENBLAS_CORETYPE: "Nehalem" }),
  ),
  peer("pytorch-cuda", "native, Python", false, () => python({}, "cuda")),
];
