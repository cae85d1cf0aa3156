/** A linear memory with a session's variables, and the programs that work in it. */
import { BARRIER, HeadWord } from "../../../../assembly/format/opcodes.ts";
import { BackendError } from "../../../core/errors.ts";
import { Lock } from "../../../core/lock.ts";
import { sizeOf } from "../../../core/shape.ts";
import type { Graph } from "../../../graph/graph.ts";
import { checkUse, checkValue, feedValues, inputSizes, variableNamed } from "../../checks.ts";
import type { CompileOptions, Fetches, Fill, MemoryReport, Program, Session, VariableSpec } from "../../executor.ts";
import { align } from "../compile/arena.ts";
import { type Buffer, homeOf, type Plan, type Word } from "../instructions/instruction.ts";
import { type Engine, PAGE } from "./engine.ts";
import { asLoss } from "./failures.ts";
import {
  arrange,
  checkLayout,
  compileOver,
  hasRoomToShare,
  type Layout,
  placeVariables,
  planWords,
  reportOf,
  type Target,
  type Variables,
} from "./layout.ts";

/** A program's graph, and the plan that it is run by. */
interface Compiled {
  readonly graph: Graph;
  plan: Plan;
  /** Whether the plan may keep what it makes of one tensor for several. */
  shares: boolean;
}

export class WasmSession implements Session {
  readonly #target: Target;
  readonly #variables: Variables;
  readonly #programs = new Set<Compiled>();
  readonly #start: (pages: number) => Promise<Engine>;
  /** Started when it is first needed. */
  #engine: Engine | undefined;
  #disposed = false;
  #pages: number;
  #layout: Layout;
  /** Grows whenever a variable changes. */
  #version = 0;
  /** By the name of what is derived from variables, what it was made from and by which kernels; nothing after memory was laid out anew. */
  readonly #made = new Map<string, string>();
  /** What ended a run before its end, and with it all runs. Variables are whole unless that run was begun and was to assign some, of which it may have written half. */
  #loss: { readonly error: BackendError; readonly whole: boolean } | undefined;
  /** Programs share the arena, and compiling another one moves it: one thing at a time. */
  readonly #lock = new Lock();

  /** A session whose plans are made for `target`. Nothing is allocated yet. @param start gives the engine, with this many pages of memory */
  constructor(start: (pages: number) => Promise<Engine>, variables: readonly VariableSpec[], target: Target) {
    this.#start = start;
    this.#target = target;
    this.#variables = placeVariables(variables);
    this.#layout = this.#arrange();
    checkLayout(this.#layout, target.maxMemory);
    this.#pages = Math.ceil(this.#layout.end / PAGE);
  }

  /** A session that has its memory. @throws BackendError when there is not as much */
  static async open(start: (pages: number) => Promise<Engine>, variables: readonly VariableSpec[], target: Target): Promise<WasmSession> {
    const session = new WasmSession(start, variables, target);
    await session.#started();
    return session;
  }

  get memory(): MemoryReport {
    return reportOf(this.#variables, this.#layout);
  }

  async compile(graph: Graph, { reproducible = false }: CompileOptions = {}): Promise<Program> {
    checkUse("session", !this.#disposed);
    const compiled = { graph, plan: this.#compile(graph, true), shares: true };
    await this.#alone(async () => {
      const { layout, plans, shares } = this.#arrangeWith(compiled);
      const pages = Math.ceil(layout.end / PAGE);
      if (this.#engine && pages > this.#pages) await this.#engine.grow(pages - this.#pages);
      const engine = await this.#started(pages);
      this.#pages = Math.max(pages, this.#pages);
      for (const [program, plan] of plans) Object.assign(program, { plan, shares: shares && program.shares });
      this.#programs.add(compiled);
      this.#link(engine, layout);
    });
    const inputs = inputSizes(graph);
    return {
      run: (feeds) =>
        this.#alone(async () => {
          checkUse("program", this.#programs.has(compiled));
          return this.#run(await this.#started(), compiled.plan, feedValues(feeds, inputs), reproducible);
        }),
      dispose: () => {
        this.#lock.whenFree(() => {
          // After a loss threads may be walking a plan until they have noticed that they are to end.
          if (this.#programs.delete(compiled) && this.#engine && !this.#loss) this.#link(this.#engine, this.#arrange());
        });
      },
    };
  }

  read(name: string): Promise<Float32Array> {
    return this.#lock.run(async () => {
      checkUse("session", !this.#disposed);
      if (this.#loss && !this.#loss.whole) throw this.#loss.error;
      const { address, shape } = variableNamed(this.#variables.byName, name);
      return (await this.#started()).read(address, sizeOf(shape));
    });
  }

  write(name: string, value: Float32Array | Fill): Promise<void> {
    return this.#alone(async () => {
      const { address, shape } = variableNamed(this.#variables.byName, name);
      if (typeof value !== "function") checkValue(name, value, shape);
      const engine = await this.#started();
      this.#version++;
      if (typeof value === "function") engine.fill(address, sizeOf(shape), value);
      else engine.write(address, value);
    });
  }

  dispose(): void {
    this.#engine?.dispose();
    this.#engine = undefined;
    this.#disposed = true;
    this.#programs.clear();
  }

  /** Does `work` when all that was asked before is done. @throws StateError when the session is disposed of by then, BackendError when a run was lost */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock.run(async () => {
      checkUse("session", !this.#disposed);
      if (this.#loss) throw this.#loss.error;
      return work();
    });
  }

  /** @param pages of its memory, if it has not started yet */
  async #started(pages = this.#pages): Promise<Engine> {
    if (this.#engine) return this.#engine;
    const engine = await this.#start(pages);
    if (this.#disposed) engine.dispose();
    checkUse("session", !this.#disposed);
    this.#engine = engine;
    return engine;
  }

  #compile(graph: Graph, shares: boolean): Plan {
    return compileOver(this.#variables, graph, this.#target, shares);
  }

  #arrange(plans = Array.from(this.#programs, ({ plan }) => plan)): Layout {
    return arrange(this.#variables, plans, this.#target.threads);
  }

  /** Plans for all programs and a new one, which share less where they would not fit. @throws BackendError when they do not fit then either */
  #arrangeWith(added: Compiled): { readonly layout: Layout; readonly plans: ReadonlyMap<Compiled, Plan>; readonly shares: boolean } {
    const programs = [...this.#programs, added];
    const arranged = (shares: boolean) => {
      const plans = new Map(programs.map((program) => [program, program.shares && !shares ? this.#compile(program.graph, false) : program.plan]));
      return { layout: this.#arrange([...plans.values()]), plans, shares };
    };
    const all = arranged(true);
    const { layout, ...rest } = hasRoomToShare(all.layout, this.#target.maxMemory) ? all : arranged(false);
    checkLayout(layout, this.#target.maxMemory);
    return { layout, ...rest };
  }

  /** Writes every plan with the addresses of `layout`. */
  #link(engine: Engine, layout: Layout): void {
    this.#layout = layout;
    this.#made.clear();
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
        const length = HeadWord.Operands + instruction.words.length;
        words[w + HeadWord.Opcode] = instruction.opcode | (plan.barriers[i] ? BARRIER : 0);
        words[w + HeadWord.Length] = length;
        words.set(instruction.words.map(resolve), w + HeadWord.Operands);
        w += length;
      });
      engine.write(start, words);
    }
    engine.write(layout.zeros, new Float32Array((layout.scratch - layout.zeros) / 4));
  }

  #addressOf(buffer: Buffer, plan: Plan, layout: Layout): number {
    if (buffer.space === "variable") return this.#variables.byName.get(buffer.name!)!.address;
    if (buffer.space === "derived") return layout.derived.get(buffer.name!)!;
    return layout.arena + plan.offsets.get(homeOf(buffer))!;
  }

  /** Makes what the plan keeps that is derived from variables, unless it was made already from what they are now. */
  async #derive(engine: Engine, plan: Plan, exact: boolean): Promise<void> {
    const origin = `${this.#version}/${exact}`;
    if (plan.derived.every(({ name }) => this.#made.get(name!) === origin)) return;
    await this.#walk(engine, plan, 0, plan.prologue, exact);
    for (const { name } of plan.derived) this.#made.set(name!, origin);
  }

  async #run(engine: Engine, plan: Plan, values: ReadonlyMap<string, Float32Array>, exact: boolean): Promise<Fetches> {
    await this.#derive(engine, plan, exact);
    for (const [name, { buffer }] of plan.inputs) engine.write(this.#addressOf(buffer, plan, this.#layout), values.get(name)!);
    await this.#walk(engine, plan, plan.prologue, plan.instructions.length, exact);
    if (plan.assigns) this.#version++;
    const fetches: Fetches = {};
    for (const [name, { buffer, size }] of plan.fetches) {
      fetches[name] = buffer.values?.slice() ?? (await engine.read(this.#addressOf(buffer, plan, this.#layout), size));
    }
    return fetches;
  }

  /** Runs the instructions [from, to) of a plan. @throws BackendError, lost, when that does not come to its end */
  async #walk(engine: Engine, plan: Plan, from: number, to: number, exact: boolean): Promise<void> {
    const [start, begin, end] = [this.#layout.plans.get(plan)!, planWords(plan, from) * 4, planWords(plan, to) * 4];
    if (begin === end) return;
    try {
      await engine.run(start + begin, end - begin, exact);
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      this.#loss = { error: asLoss(error), whole: !(error.lost && plan.assigns) };
      throw this.#loss.error;
    }
  }
}
