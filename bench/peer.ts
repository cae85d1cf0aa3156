/** A peer in a process of its own, spoken to as `peers/protocol.js` says. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Contender, Info } from "./contender.ts";
import type { Task, Tensor } from "./task.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

interface Answer {
  readonly error?: string;
  readonly info?: Info;
  readonly tensors?: readonly Entry[];
}

/** Starts a peer on a task. @throws Error with the peer's own message when it cannot do it. */
export async function startPeer(command: Command, task: Task, tensors: readonly Tensor[], threads: number): Promise<Contender> {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-bench-"));
  const line = new Line(command);
  const close = () => {
    line.end();
    rmSync(folder, { recursive: true, force: true });
  };
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

/** One question at a time, one answer each; a process that ends answers with why. */
class Line {
  readonly #child: ChildProcess;
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #ended: Error | undefined;
  #lastWords = "";

  constructor({ program, args, env }: Command) {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (text) => this.#waiting?.resolve(JSON.parse(text) as Answer));
    child.stderr.on("data", (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-4000);
    });
    child.stdin.on("error", () => {}); // told by "close"
    child.on("error", (error) => this.#fail(error));
    child.on("close", (code, signal) => this.#fail(new Error(`ended with ${signal ?? `code ${code}`}: ${reason(this.#lastWords)}`)));
  }

  async ask(request: object): Promise<Answer> {
    if (this.#ended) throw this.#ended;
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    });
    this.#waiting = undefined;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  end(): void {
    this.#child.stdin!.end();
    this.#child.kill();
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    this.#waiting?.reject(this.#ended);
  }
}

/** The line of a stack trace that says what went wrong. */
function reason(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() && !/^\s+at /.test(line));
  return lines.find((line) => /error/i.test(line)) ?? lines[lines.length - 1] ?? "it said nothing";
}

function writeTensors(file: string, tensors: readonly Tensor[]): Entry[] {
  let offset = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const entry = { name, shape, offset };
    offset += data.byteLength;
    return entry;
  });
  writeFileSync(file, Buffer.concat(tensors.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))));
  return entries;
}

function readTensors(file: string, entries: readonly Entry[]): Map<string, Float32Array> {
  const { buffer } = new Uint8Array(readFileSync(file));
  return new Map(
    entries.map(({ name, shape, offset }) => [
      name,
      new Float32Array(
        buffer,
        offset,
        shape.reduce((a, b) => a * b, 1),
      ),
    ]),
  );
}
