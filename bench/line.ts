/** A program that is spoken to by lines of JSON. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { endGroup, startGroup } from "./ending.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Variables of its environment beside ours; undefined for none of that name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Failure {
  readonly error?: string;
}

/** One question at a time, one answer each; a process that ends answers with why. */
export class Line<A> {
  readonly #child: ChildProcess;
  #waiting: { resolve(answer: A & Failure): void; reject(error: Error): void } | undefined;
  #ended: Error | undefined;
  #lastWords = "";

  constructor({ program, args, env }: Command) {
    const child = startGroup(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    createInterface({ input: child.stdout! }).on("line", (text) => this.#waiting?.resolve(JSON.parse(text) as A & Failure));
    child.stderr!.on("data", (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-4000);
    });
    child.stdin!.on("error", () => {}); // told by "close"
    child.on("error", (error) => this.#fail(error));
    child.on("close", (code, signal) => this.#fail(new Error(`ended with ${signal ?? `code ${code}`}: ${reason(this.#lastWords)}`)));
  }

  async ask(request: object): Promise<A> {
    if (this.#ended) throw this.#ended;
    const answer = await new Promise<A & Failure>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    });
    this.#waiting = undefined;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  end(): void {
    endGroup(this.#child);
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
