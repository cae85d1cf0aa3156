/** A network at work, on any number of examples. */
import { BackendError, DataError } from "../core/errors.ts";
import { Lock } from "../core/lock.ts";
import { allocateFloats } from "../core/memory.ts";
import type { Pause } from "../core/time.ts";
import { findNotFinite } from "../core/values.ts";
import type { Feeds, MemoryReport, Program } from "../exec/executor.ts";
import type { Graph } from "../graph/graph.ts";
import type { Programs } from "./programs.ts";

/** A network as a graph over a batch of any size. */
export interface ForwardPass {
  /** What its programs are called by, together with their sizes. */
  readonly name: string;
  graph(size: number): Graph;
  readonly fetch: string;
  /** The most examples of one run. */
  readonly most: number;
}

/** A network with the tensors that a session holds. Calls may overlap: their runs take turns. */
export class Forward {
  readonly #programs: Programs;
  readonly #pass: ForwardPass;
  /** The most examples of one run, as far as memory has allowed them. */
  #most: number;
  /** One run at a time, its program included: another's compiling may give up the program that this one is about to run. */
  readonly #lock = new Lock();

  constructor(programs: Programs, pass: ForwardPass) {
    this.#programs = programs;
    this.#pass = pass;
    this.#most = pass.most;
  }

  /** Bytes its session holds. */
  get memory(): MemoryReport {
    return this.#programs.session.memory;
  }

  /** Gives its session back. */
  dispose(): void {
    this.#programs.session.dispose();
  }

  /** Compiles what one example takes, before it is asked for. @throws BackendError when that needs too much memory */
  async prepare(): Promise<void> {
    await this.#program(1);
  }

  #program(size: number): Promise<Program> {
    const { name, graph } = this.#pass;
    return this.#programs.get(name, size, () => graph(size));
  }

  /** The program for as many of `rows` as memory allows. */
  async #fitting(rows: number): Promise<readonly [size: number, Program]> {
    for (;;) {
      const size = chunkSize(rows, this.#most);
      try {
        return [size, await this.#program(size)];
      } catch (error) {
        if (size === 1 || !(error instanceof BackendError) || error.lost) throw error;
        this.#most = size / 2;
      }
    }
  }

  /**
   * What the network makes of `count` examples: rows [count, ...], from inputs of as many rows each. They go through programs whose sizes are powers of two, of
   * which few are ever compiled.
   *
   * @param pause awaited between runs
   * @throws DataError when a number of it would not be finite, or there is no memory for all
   */
  protected async run(inputs: Readonly<Record<string, Float32Array | null>>, count: number, pause?: Pause): Promise<Float32Array> {
    const { fetch } = this.#pass;
    let result: Float32Array | undefined;
    for (let first = 0; first < count; ) {
      const { output, rows, size } = await this.#lock.run(async () => {
        const [size, program] = await this.#fitting(count - first);
        const rows = Math.min(size, count - first);
        const feeds: Feeds = Object.fromEntries(
          Object.entries(inputs).flatMap(([key, data]) => (data ? [[key, chunk(data, data.length / count, first, rows, size)]] : [])),
        );
        return { output: (await program.run(feeds))[fetch]!, rows, size };
      });
      const width = output.length / size;
      result ??= allocateFloats(width * count, "count");
      const made = output.subarray(0, width * rows);
      const fault = findNotFinite(made);
      if (fault >= 0) {
        const path = `example ${first + Math.floor(fault / width)}`;
        throw new DataError({ path, expected: "inputs and weights small enough for a finite result", got: `${made[fault]}` });
      }
      result.set(made, width * first);
      first += rows;
      if (first < count) await pause?.();
    }
    return result ?? new Float32Array(0);
  }
}

/** The smallest power of two that holds `rows`, or the largest within `most`. */
export function chunkSize(rows: number, most: number): number {
  let size = 1;
  while (size < rows && size * 2 <= most) size *= 2;
  return size;
}

/** Rows `first` to `first + rows` as a batch of `size`, filled up with zeros. */
function chunk(data: Float32Array, width: number, first: number, rows: number, size: number): Float32Array {
  const part = data.subarray(first * width, (first + rows) * width);
  if (rows === size) return part;
  const padded = new Float32Array(size * width);
  padded.set(part);
  return padded;
}
