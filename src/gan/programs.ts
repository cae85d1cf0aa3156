import { BackendError } from "../core/errors.ts";
import type { CompileOptions, Program, Session } from "../exec/executor.ts";
import type { Graph } from "../graph/graph.ts";

/** Sizes of one task that are kept: one more is laid out, and written anew, with every program that is compiled. Runs whose size is free take powers of two, 17 of them. */
const MOST_SIZES = 20;

/**
 * The compiled programs of a session. Where memory does not suffice for another, or a task has too many, some are given up, to be compiled again when they are asked for: first
 * the same task's for other sizes, then those that were used least lately.
 */
export class Programs {
  readonly session: Session;
  readonly #options: CompileOptions;
  /** By task and size; the one used last comes last. */
  readonly #programs = new Map<string, { readonly task: string; readonly program: Program }>();

  /** @param options what programs are compiled with unless told otherwise */
  constructor(session: Session, options: CompileOptions = {}) {
    this.session = session;
    this.#options = options;
  }

  /** The program of a task for this size, compiled from `graph` where there is none yet. @throws BackendError when it alone needs more memory than there is */
  async get(task: string, size: number, graph: () => Graph, options: CompileOptions = this.#options): Promise<Program> {
    const key = `${task}/${size}`;
    const program = this.#programs.get(key)?.program ?? (await this.#compile(task, graph(), options));
    this.#programs.delete(key);
    this.#programs.set(key, { task, program });
    return program;
  }

  async #compile(task: string, graph: Graph, options: CompileOptions): Promise<Program> {
    const own = [...this.#programs].filter(([, other]) => other.task === task);
    if (own.length >= MOST_SIZES) this.#giveUp(...own[0]!);
    for (;;) {
      try {
        return await this.session.compile(graph, options);
      } catch (error) {
        const others = [...this.#programs];
        const [key, other] = others.find(([, o]) => o.task === task) ?? others[0] ?? [];
        if (key === undefined || !(error instanceof BackendError) || error.lost) throw error;
        this.#giveUp(key, other!);
      }
    }
  }

  #giveUp(key: string, { program }: { readonly program: Program }): void {
    this.#programs.delete(key);
    program.dispose();
  }
}
