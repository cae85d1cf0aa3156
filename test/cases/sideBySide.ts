/** A session beside the reference. */
import type { Executor, Program, Session, VariableSpec } from "../../src/exec/executor.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { assertEqual } from "./compare.ts";
import { smallInteger } from "./graphs.ts";
import { draw, seeded } from "./values.ts";

type State = Record<string, Float32Array>;

/** Integers in [-3, 3] for every variable. */
const firstState = (specs: readonly VariableSpec[]): State =>
  Object.fromEntries(specs.map(({ name, shape }, i) => [name, draw(shape, smallInteger, seeded(77 + i))]));

/** Runs graphs of small integers in one session and by the reference side by side; every value must be exact. */
export class SideBySide {
  readonly session: Session;
  #state: State = {};

  private constructor(session: Session) {
    this.session = session;
  }

  static async open(executor: Executor, specs: readonly VariableSpec[]): Promise<SideBySide> {
    const both = new SideBySide(await executor.open(specs));
    await both.reset(specs);
    return both;
  }

  /** Gives the variables their first values again. */
  async reset(specs: readonly VariableSpec[]): Promise<void> {
    this.#state = firstState(specs);
    for (const [name, value] of Object.entries(this.#state)) await this.session.write(name, value);
  }

  async check(graph: Graph, program: Program, feeds: Record<string, Float32Array>): Promise<void> {
    const expected = evaluate(graph, feeds, this.#state);
    const got = await program.run(feeds);
    assertEqual("names of fetches", Object.keys(got).sort(), Object.keys(expected.fetches).sort());
    for (const [name, value] of Object.entries(expected.fetches)) assertEqual(`fetch ${name}`, got[name]!, value);
    for (const [name, value] of Object.entries(expected.assigns)) this.#state[name] = Float32Array.from(value);
    for (const [name, value] of Object.entries(this.#state)) assertEqual(`variable ${name}`, await this.session.read(name), value);
  }
}
