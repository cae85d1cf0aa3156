/** A peer in a process of its own, spoken to as `peers/protocol.js` says. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contender, Floats, Info } from "./contender.ts";
import { scratch } from "./ending.ts";
import { type Command, Line } from "./line.ts";
import type { Task, Tensor } from "./task.ts";

interface Entry {
  readonly name: string;
  readonly type: keyof typeof ARRAYS;
  readonly shape: readonly number[];
  readonly offset: number;
}

const ARRAYS = { float32: Float32Array, float64: Float64Array } as const;

interface Answer {
  readonly info?: Info;
  readonly tensors?: readonly Entry[];
}

/**
 * Starts a peer on a task.
 *
 * @param signal ends its process while it is not yet started
 * @throws Error with the peer's own message when it cannot do it
 */
export async function startPeer(command: Command, task: Task, tensors: readonly Tensor[], threads: number, signal?: AbortSignal): Promise<Contender> {
  const { path: folder, remove } = scratch("ganvas-bench-");
  const line = new Line<Answer>(command);
  const close = () => {
    line.end();
    remove();
  };
  signal?.addEventListener("abort", close);
  try {
    const file = join(folder, "in.f32");
    const { info } = await line.ask({ op: "init", task, threads, file, tensors: writeTensors(file, tensors) });
    return {
      info: info!,
      reset: async () => void (await line.ask({ op: "reset" })),
      run: async (steps) => void (await line.ask({ op: "run", steps })),
      async outputs() {
        const path = join(folder, "out.f32");
        const answer = await line.ask({ op: "outputs", file: path });
        return readTensors(path, answer.tensors!);
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function writeTensors(file: string, tensors: readonly Tensor[]): Entry[] {
  let offset = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const entry = { name, type: "float32", shape, offset } as const;
    offset += data.byteLength;
    return entry;
  });
  writeFileSync(file, Buffer.concat(tensors.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))));
  return entries;
}

function readTensors(file: string, entries: readonly Entry[]): Map<string, Floats> {
  const bytes = new Uint8Array(readFileSync(file));
  return new Map(
    entries.map(({ name, type, shape, offset }) => {
      const numbers = ARRAYS[type];
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, new numbers(bytes.buffer.slice(offset, offset + size * numbers.BYTES_PER_ELEMENT))];
    }),
  );
}
