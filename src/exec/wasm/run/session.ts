/** One linear memory: variables at fixed addresses, then the programs' plans and constants, then the arena they take turns in. */
import { BARRIER } from "../../../../assembly/opcodes.ts";
import { BackendError, ShapeError, StateError, show } from "../../../core/errors.ts";
import { Lock } from "../../../core/lock.ts";
import { sizeOf } from "../../../core/shape.ts";
import type { Graph } from "../../../graph/graph.ts";
import type { CompileOptions, Feeds, Fetches, MemoryReport, Program, Session, VariableSpec } from "../../executor.ts";
import { align } from "../compile/arena.ts";
import { compile } from "../compile/compile.ts";
import { type Buffer, homeOf, type Plan, type Word } from "../instructions/instruction.ts";
import { type Engine, MAX_PAGES } from "./engine.ts";

const PAGE = 65536;
/** The first bytes are for the threads' barrier and orders, and so that no tensor has address 0. */
const RESERVED = 1024;

/** Where each part of memory starts, for the programs at hand. */
interface Layout {
  readonly plans: ReadonlyMap<Plan, number>;
  readonly arena: number;
  readonly zeros: number;
  readonly scratch: number;
  /** Working space of one thread. */
  readonly scratchStride: number;
  readonly end: number;
}

export class WasmSession implements Session {
  readonly #threads: number;
  readonly #maxMemory: number;
  readonly #addresses = new Map<string, { buffer: Buffer; address: number; size: number }>();
  readonly #variablesEnd: number;
  readonly #plans = new Set<Plan>();
  /** Undefined once the session is disposed of. */
  #engine: Engine | undefined;
  #pages: number;
  #layout: Layout;
  /** Programs share the arena, and compiling another one moves it: one thing at a time. */
  readonly #lock = new Lock();

  private constructor(variables: readonly VariableSpec[], threads: number, maxMemory: number) {
    this.#threads = threads;
    this.#maxMemory = maxMemory;
    let address = RESERVED;
    for (const { name, shape } of variables) {
      const size = sizeOf(shape);
      this.#addresses.set(name, { buffer: { space: "variable", bytes: size * 4, name }, address, size });
      address += align(size * 4);
    }
    this.#variablesEnd = address;
    this.#layout = this.#arrange(this.#plans);
    this.#check(this.#layout.end);
    this.#pages = Math.ceil(this.#layout.end / PAGE);
  }

  /** A session whose plans are run by `threads` threads. @param start gives the engine, with this many pages of memory */
  static async open(
    start: (pages: number) => Promise<Engine>,
    variables: readonly VariableSpec[],
    { threads, maxMemory }: { threads: number; maxMemory: number },
  ): Promise<WasmSession> {
    const session = new WasmSession(variables, threads, maxMemory);
    session.#engine = await start(session.#pages);
    return session;
  }

  get memory(): MemoryReport {
    const plans = [...this.#plans];
    return {
      variables: this.#variablesEnd - RESERVED,
      activations: Math.max(0, ...plans.map((p) => p.arena)),
      live: Math.max(0, ...plans.map((p) => p.live)),
      scratch: this.#layout.end - this.#layout.zeros,
      total: this.#layout.end,
    };
  }

  async compile(graph: Graph, { reproducible = false }: CompileOptions = {}): Promise<Program> {
    const plan = compile(graph, new Map([...this.#addresses].map(([name, { buffer }]) => [name, buffer])));
    await this.#alone(async (engine) => {
      const layout = this.#arrange([...this.#plans, plan]);
      this.#check(layout.end);
      const pages = Math.ceil(layout.end / PAGE) - this.#pages;
      if (pages > 0) {
        await engine.grow(pages);
        this.#pages += pages;
      }
      this.#plans.add(plan);
      this.#link(engine, layout);
    });
    const names = new Set(graph.leaves("input").map((n) => n.attrs.name));
    return {
      run: async (feeds) => {
        const stranger = Object.keys(feeds).find((name) => !names.has(name));
        if (stranger !== undefined)
          throw new ShapeError({ path: `feeds.${stranger}`, expected: `one of ${[...names].join(", ")}`, got: "an unknown name" });
        return this.#alone((engine) => this.#run(engine, plan, feeds, reproducible));
      },
      dispose: () => {
        this.#lock.whenFree(() => {
          if (this.#plans.delete(plan) && this.#engine) this.#link(this.#engine, this.#arrange(this.#plans));
        });
      },
    };
  }

  read(name: string): Promise<Float32Array> {
    return this.#alone((engine) => {
      const { address, size } = this.#variable(name);
      return engine.read(address, size);
    });
  }

  write(name: string, value: Float32Array): Promise<void> {
    return this.#alone(async (engine) => {
      const { address, size } = this.#variable(name);
      if (value.length !== size) throw new ShapeError({ path: name, expected: `${size} values`, got: `${value.length}` });
      engine.write(address, value);
    });
  }

  dispose(): void {
    this.#engine?.dispose();
    this.#engine = undefined;
    this.#plans.clear();
  }

  /** Does `work` when all that was asked before is done. @throws StateError when the session is disposed of by then */
  #alone<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    return this.#lock.run(async () => {
      if (!this.#engine) throw new StateError({ path: "session", expected: "a session in use", got: "one that was disposed" });
      return work(this.#engine);
    });
  }

  #variable(name: string): { address: number; size: number } {
    const variable = this.#addresses.get(name);
    if (!variable) throw new BackendError({ path: name, expected: "a variable of this session", got: "an unknown name" });
    return variable;
  }

  #arrange(plans: Iterable<Plan>): Layout {
    let end = this.#variablesEnd;
    const starts = new Map<Plan, number>();
    let arena = 0;
    let zeros = 0;
    let scratchStride = 0;
    for (const plan of plans) {
      starts.set(plan, end);
      end += align(planWords(plan) * 4) + plan.constants.reduce((sum, c) => sum + align(c.bytes), 0);
      arena = Math.max(arena, plan.arena);
      zeros = Math.max(zeros, align(plan.zeros));
      scratchStride = Math.max(scratchStride, align(plan.scratch));
    }
    const zerosAt = end + arena;
    const scratch = zerosAt + zeros;
    // Kernels may read a vector past the end of a buffer.
    return { plans: starts, arena: end, zeros: zerosAt, scratch, scratchStride, end: scratch + scratchStride * this.#threads + PAGE / 64 };
  }

  #check(bytes: number): void {
    const limit = Math.min(this.#maxMemory, MAX_PAGES * PAGE);
    if (bytes <= limit) return;
    throw new BackendError({
      path: "maxMemory",
      expected: `at most ${limit} bytes${limit < MAX_PAGES * PAGE ? "" : ", all that WebAssembly has"}`,
      got: `a need of ${bytes} bytes; a smaller batchSize, width or image shape needs less`,
    });
  }

  /** Writes every plan with the addresses of `layout`. */
  #link(engine: Engine, layout: Layout): void {
    this.#layout = layout;
    for (const [plan, start] of layout.plans) {
      let address = start + align(planWords(plan) * 4);
      const constants = new Map<Buffer, number>();
      for (const constant of plan.constants) {
        constants.set(constant, address);
        engine.write(address, constant.values!);
        address += align(constant.bytes);
      }
      const resolve = (word: Word): number => {
        if (typeof word === "number") return word;
        if (word === "zeros") return layout.zeros;
        if (word === "scratch") return layout.scratch;
        if (word === "scratchStride") return layout.scratchStride;
        return (constants.get(word.buffer) ?? this.#addressOf(word.buffer, plan, layout)) + word.offset;
      };
      const words = new Int32Array(planWords(plan));
      let w = 0;
      plan.instructions.forEach((instruction, i) => {
        words[w++] = instruction.opcode | (plan.barriers[i] ? BARRIER : 0);
        words[w++] = instruction.words.length + 2;
        for (const word of instruction.words) words[w++] = resolve(word);
      });
      engine.write(start, words);
    }
    engine.write(layout.zeros, new Float32Array((layout.scratch - layout.zeros) / 4));
  }

  #addressOf(buffer: Buffer, plan: Plan, layout: Layout): number {
    if (buffer.space === "variable") return this.#variable(buffer.name!).address;
    return layout.arena + plan.offsets.get(homeOf(buffer))!;
  }

  async #run(engine: Engine, plan: Plan, feeds: Feeds, exact: boolean): Promise<Fetches> {
    const start = this.#layout.plans.get(plan);
    if (start === undefined) throw new StateError({ path: "program", expected: "a program in use", got: "one that was disposed" });
    for (const [name, { buffer, size }] of plan.inputs) {
      const feed = feeds[name];
      const values = typeof feed === "number" ? Float32Array.of(feed) : feed;
      if (values?.length !== size)
        throw new ShapeError({ path: `feeds.${name}`, expected: `${size} values`, got: values ? `${values.length}` : show(feed) });
      engine.write(this.#addressOf(buffer, plan, this.#layout), values);
    }
    if (plan.instructions.length > 0) await engine.run(start, planWords(plan) * 4, exact);
    const fetches: Fetches = {};
    for (const [name, { buffer, size }] of plan.fetches) {
      fetches[name] = buffer.values?.slice() ?? (await engine.read(this.#addressOf(buffer, plan, this.#layout), size));
    }
    return fetches;
  }
}

function planWords(plan: Plan): number {
  return plan.instructions.reduce((sum, i) => sum + i.words.length + 2, 0);
}
