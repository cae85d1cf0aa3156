/** One linear memory: variables at fixed addresses, then the programs' plans and constants, then the arena they take turns in. */
import { BARRIER } from "../../../../assembly/opcodes.ts";
import { Lock } from "../../../core/lock.ts";
import { type Shape, sizeOf } from "../../../core/shape.ts";
import type { Graph } from "../../../graph/graph.ts";
import { checkLimit, checkMemory, checkUse, checkValue, checkVariables, feedValues, inputSizes, variableNamed } from "../../checks.ts";
import type { CompileOptions, Fetches, MemoryReport, Program, Session, VariableSpec } from "../../executor.ts";
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

interface Variable {
  readonly shape: Shape;
  readonly buffer: Buffer;
  readonly address: number;
}

export class WasmSession implements Session {
  readonly #threads: number;
  readonly #maxMemory: number;
  readonly #variables = new Map<string, Variable>();
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
      const buffer: Buffer = { space: "variable", bytes: sizeOf(shape) * 4, name };
      this.#variables.set(name, { shape, buffer, address });
      address += align(buffer.bytes);
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
    checkUse("session", this.#engine !== undefined);
    checkVariables(graph, this.#variables);
    const plan = compile(graph, new Map(Array.from(this.#variables, ([name, { buffer }]) => [name, buffer])));
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
    const inputs = inputSizes(graph);
    return {
      run: (feeds) =>
        this.#alone((engine) => {
          checkUse("program", this.#plans.has(plan));
          return this.#run(engine, plan, feedValues(feeds, inputs), reproducible);
        }),
      dispose: () => {
        this.#lock.whenFree(() => {
          if (this.#plans.delete(plan) && this.#engine) this.#link(this.#engine, this.#arrange(this.#plans));
        });
      },
    };
  }

  read(name: string): Promise<Float32Array> {
    return this.#alone((engine) => {
      const { address, shape } = variableNamed(this.#variables, name);
      return engine.read(address, sizeOf(shape));
    });
  }

  write(name: string, value: Float32Array): Promise<void> {
    return this.#alone(async (engine) => {
      const { address, shape } = variableNamed(this.#variables, name);
      checkValue(name, value, shape);
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
      checkUse("session", this.#engine !== undefined);
      return work(this.#engine!);
    });
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
    checkLimit(bytes, { bytes: MAX_PAGES * PAGE, limit: "all that WebAssembly has" });
    checkMemory(bytes, this.#maxMemory);
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
    if (buffer.space === "variable") return this.#variables.get(buffer.name!)!.address;
    return layout.arena + plan.offsets.get(homeOf(buffer))!;
  }

  async #run(engine: Engine, plan: Plan, values: ReadonlyMap<string, Float32Array>, exact: boolean): Promise<Fetches> {
    for (const [name, { buffer }] of plan.inputs) engine.write(this.#addressOf(buffer, plan, this.#layout), values.get(name)!);
    if (plan.instructions.length > 0) await engine.run(this.#layout.plans.get(plan)!, planWords(plan) * 4, exact);
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
