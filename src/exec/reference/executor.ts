import { BackendError, ShapeError, StateError, show } from "../../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../../core/shape.ts";
import { expandComposites } from "../../graph/composites.ts";
import { type Graph, liveNodes } from "../../graph/graph.ts";
import type { Backend, Executor, Feeds, Fetches, MemoryReport, Program, Session, VariableSpec } from "../executor.ts";
import { evaluate } from "./evaluate.ts";

const BYTES = Float64Array.BYTES_PER_ELEMENT;

/** The executor that every other is tested against: plain loops in float64, slow, on any runtime. */
export function createReferenceExecutor(reason = "asked for"): Executor {
  const backend: Backend = { name: "reference", threads: 1, simd: "none", reason };
  return {
    backend,
    async open(variables, { maxMemory } = {}) {
      return new ReferenceSession(variables, maxMemory ?? Number.POSITIVE_INFINITY);
    },
    dispose() {},
  };
}

class ReferenceSession implements Session {
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #maxMemory: number;
  #state: Record<string, Float64Array>;
  #activations = 0;
  #disposed = false;

  constructor(variables: readonly VariableSpec[], maxMemory: number) {
    this.#shapes = new Map(variables.map(({ name, shape }) => [name, shape]));
    this.#maxMemory = maxMemory;
    this.#checkMemory(0);
    this.#state = Object.fromEntries(Array.from(this.#shapes, ([name, shape]) => [name, new Float64Array(sizeOf(shape))]));
  }

  get memory(): MemoryReport {
    // No value is given up before the run is over.
    const [variables, activations] = [this.#variableBytes(), this.#activations];
    return { variables, activations, live: activations, scratch: 0, total: variables + activations };
  }

  async compile(graph: Graph): Promise<Program> {
    this.#checkAlive();
    for (const { attrs, shape } of graph.leaves("variable")) {
      const known = this.#shapes.get(attrs.name);
      if (!known || !sameShape(known, shape)) {
        throw new BackendError({
          path: attrs.name,
          expected: known ? `a variable of shape ${showShape(known)}` : "a variable of this session",
          got: known ? showShape(shape) : "an unknown name",
        });
      }
    }
    const activations = liveNodes(expandComposites(graph)).reduce((sum, node) => sum + BYTES * sizeOf(node.shape), 0);
    this.#checkMemory(activations);
    this.#activations = Math.max(this.#activations, activations);
    let disposed = false;
    return {
      run: async (feeds) => {
        if (disposed) throw new StateError({ path: "program", expected: "a program in use", got: "one that is disposed" });
        return this.#run(graph, feeds);
      },
      dispose() {
        disposed = true;
      },
    };
  }

  async read(name: string): Promise<Float32Array> {
    return Float32Array.from(this.#variable(name));
  }

  async write(name: string, value: Float32Array): Promise<void> {
    const { length } = this.#variable(name);
    if (value.length !== length) throw new ShapeError({ path: name, expected: `${length} values`, got: `${value.length}` });
    this.#state[name] = Float64Array.from(value);
  }

  dispose(): void {
    this.#disposed = true;
    this.#state = {};
  }

  #run(graph: Graph, feeds: Feeds): Fetches {
    this.#checkAlive();
    const { fetches, assigns } = evaluate(graph, feeds, this.#state);
    // What stays between runs is float32, as everywhere: read and written back, a state goes on with the same bits.
    for (const [name, value] of Object.entries(assigns)) this.#state[name] = value.map(Math.fround);
    return Object.fromEntries(Object.entries(fetches).map(([name, value]) => [name, Float32Array.from(value)]));
  }

  #variable(name: string): Float64Array {
    this.#checkAlive();
    const value = this.#state[name];
    if (!value) throw new BackendError({ path: name, expected: "a variable of this session", got: show(name) });
    return value;
  }

  #variableBytes(): number {
    return Array.from(this.#shapes.values()).reduce((sum, shape) => sum + BYTES * sizeOf(shape), 0);
  }

  #checkMemory(activations: number): void {
    const needed = this.#variableBytes() + activations;
    if (needed > this.#maxMemory) throw new BackendError({ path: "maxMemory", expected: `at least ${needed} bytes`, got: `${this.#maxMemory}` });
  }

  #checkAlive(): void {
    if (this.#disposed) throw new StateError({ path: "session", expected: "a session in use", got: "one that is disposed" });
  }
}
