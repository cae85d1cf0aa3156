import { sizeOf } from "../../core/shape.ts";
import { expandComposites } from "../../graph/composites.ts";
import { type Graph, liveNodes } from "../../graph/graph.ts";
import { checkMemory, checkUse, checkVariables, feedValues, inputSizes, variableNamed, writtenValue } from "../checks.ts";
import type { Backend, Executor, Feeds, Fetches, Fill, MemoryReport, Program, Session, VariableSpec } from "../executor.ts";
import { evaluatePrimitives } from "./evaluate.ts";

const BYTES = Float64Array.BYTES_PER_ELEMENT;

/** The executor that every other is tested against: plain loops in float64, slow, on any runtime. */
export function createReferenceExecutor(reason = "asked for"): Executor {
  const backend: Backend = { name: "reference", threads: 1, simd: "none", reason };
  return {
    backend,
    capacity: Number.POSITIVE_INFINITY,
    atRisk: "nothing",
    async open(variables, { maxMemory } = {}) {
      return new ReferenceSession(variables, maxMemory ?? Number.POSITIVE_INFINITY);
    },
    async measure(variables, graphs, { maxMemory = Number.POSITIVE_INFINITY } = {}) {
      const report = reportOf(variables, Math.max(0, ...graphs.map((graph) => activationBytes(expandComposites(graph)))));
      checkMemory(report.total, maxMemory);
      return report;
    },
    dispose() {},
  };
}

/** Bytes of all values of a graph without composites: none is given up before the run is over. */
function activationBytes(primitives: Graph): number {
  return liveNodes(primitives).reduce((sum, node) => sum + BYTES * sizeOf(node.shape), 0);
}

function reportOf(specs: readonly VariableSpec[], activations: number): MemoryReport {
  const variables = specs.reduce((sum, { shape }) => sum + BYTES * sizeOf(shape), 0);
  return { variables, activations, live: activations, scratch: 0, total: variables + activations };
}

class ReferenceSession implements Session {
  readonly #variables: ReadonlyMap<string, VariableSpec>;
  readonly #maxMemory: number;
  #state: Record<string, Float64Array>;
  #activations = 0;
  #disposed = false;

  constructor(variables: readonly VariableSpec[], maxMemory: number) {
    this.#variables = new Map(variables.map((v) => [v.name, v]));
    this.#maxMemory = maxMemory;
    this.#checkMemory(0);
    this.#state = Object.fromEntries(variables.map(({ name, shape }) => [name, new Float64Array(sizeOf(shape))]));
  }

  get memory(): MemoryReport {
    return reportOf([...this.#variables.values()], this.#activations);
  }

  async compile(graph: Graph): Promise<Program> {
    checkUse("session", !this.#disposed);
    checkVariables(graph, this.#variables);
    const primitives = expandComposites(graph);
    const activations = activationBytes(primitives);
    this.#checkMemory(activations);
    this.#activations = Math.max(this.#activations, activations);
    const inputs = inputSizes(graph);
    let inUse = true;
    return {
      run: async (feeds) => {
        checkUse("session", !this.#disposed);
        checkUse("program", inUse);
        return this.#run(primitives, Object.fromEntries(feedValues(feeds, inputs)));
      },
      dispose() {
        inUse = false;
      },
    };
  }

  async read(name: string): Promise<Float32Array> {
    checkUse("session", !this.#disposed);
    variableNamed(this.#variables, name);
    return Float32Array.from(this.#state[name]!);
  }

  async write(name: string, value: Float32Array | Fill): Promise<void> {
    checkUse("session", !this.#disposed);
    this.#state[name] = Float64Array.from(writtenValue(name, value, variableNamed(this.#variables, name).shape));
  }

  dispose(): void {
    this.#disposed = true;
    this.#state = {};
  }

  #run(primitives: Graph, feeds: Feeds): Fetches {
    const { fetches, assigns } = evaluatePrimitives(primitives, feeds, this.#state);
    // What stays between runs is float32, as everywhere: read and written back, a state goes on with the same bits.
    for (const [name, value] of Object.entries(assigns)) this.#state[name] = value.map(Math.fround);
    return Object.fromEntries(Object.entries(fetches).map(([name, value]) => [name, Float32Array.from(value)]));
  }

  #checkMemory(activations: number): void {
    checkMemory(reportOf([...this.#variables.values()], activations).total, this.#maxMemory);
  }
}
