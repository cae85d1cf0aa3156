/** How fast one core can possibly be with 128-bit vectors: loops that touch registers only. */
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

/** Rates of one core in GFLOP/s, a multiplication and an addition counted separately. */
export interface Peak {
  /** Multiplications and additions apart. */
  readonly simd128: number;
  /** Fused multiply-adds; null where this engine has no relaxed SIMD. */
  readonly relaxed: number | null;
}

const FOLDER = fileURLToPath(new URL("../bench/peak/", import.meta.url));
const RUNS = 25;

/** Measures the SIMD peak: the best of many runs of about 20 ms each. */
export async function simdPeak(): Promise<Peak> {
  const simd128 = await compile("simd.ts", ["simd"]);
  const relaxed = await compile("relaxed.ts", ["simd", "relaxed-simd"]);
  return {
    simd128: rate(await instantiate(simd128), 4 * 13 * 4 * 2),
    relaxed: WebAssembly.validate(relaxed) ? rate(await instantiate(relaxed), 4 * 12 * 4 * 2) : null,
  };
}

type Run = (rounds: number, one: number) => number;

async function compile(file: string, features: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const options = ["--baseDir", FOLDER, "--outFile", "out.wasm", "--optimizeLevel", "3", "--runtime", "stub"];
  const { error, stderr } = await asc.main([file, ...options, ...features.flatMap((f) => ["--enable", f])], {
    writeFile(_, contents) {
      if (typeof contents !== "string") binary = contents;
    },
  });
  if (error || !binary) throw new Error(`${file}: ${error?.message ?? "nothing compiled"}\n${stderr}`);
  return new Uint8Array(binary);
}

async function instantiate(bytes: Uint8Array<ArrayBuffer>): Promise<Run> {
  const { instance } = await WebAssembly.instantiate(bytes);
  return instance.exports.run as Run;
}

function rate(run: Run, flopPerRound: number): number {
  let rounds = 1_000;
  let milliseconds = 0;
  for (; milliseconds < 20; rounds *= 2) milliseconds = time(run, rounds);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i++) best = Math.min(best, time(run, rounds));
  return (rounds * flopPerRound) / best / 1e6;
}

function time(run: Run, rounds: number): number {
  const start = performance.now();
  run(rounds, 1);
  return performance.now() - start;
}
