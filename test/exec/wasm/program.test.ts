import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StateError } from "../../../src/core/errors.ts";
import type { Executor, Feeds, Program, Session } from "../../../src/exec/executor.ts";
import { evaluate } from "../../../src/exec/reference/evaluate.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import {
  add,
  broadcastTo,
  concat,
  conv2d,
  exp,
  leakyRelu,
  matmul,
  maximum,
  mul,
  neg,
  reduceSum,
  reshape,
  select,
  slice,
  sub,
  tanh,
  transpose,
} from "../../../src/graph/build.ts";
import { Graph, type Node } from "../../../src/graph/graph.ts";
import { randomGraph, smallInteger, VARIABLES } from "../../cases/graphs.ts";
import { draw, seeded } from "../../cases/values.ts";

type State = Record<string, Float32Array>;

/** Integers: the sign of a zero, which simplification does not keep, is left out. */
const integers = (values: ArrayLike<number>): number[] => Array.from(values, (v) => v + 0);

const firstState = (specs: readonly { name: string; shape: readonly number[] }[]): State =>
  Object.fromEntries(specs.map(({ name, shape }, i) => [name, draw(shape, smallInteger, seeded(77 + i))]));

/** Runs graphs in one session and by the reference side by side; the values must be exact. */
class SideBySide {
  readonly session: Session;
  #state: State;

  private constructor(session: Session, state: State) {
    this.session = session;
    this.#state = state;
  }

  static async open(executor: Executor, state: State): Promise<SideBySide> {
    const session = await executor.open(Object.entries(state).map(([name, value]) => ({ name, shape: [value.length] })));
    for (const [name, value] of Object.entries(state)) await session.write(name, value);
    return new SideBySide(session, { ...state });
  }

  async check(graph: Graph, program: Program, feeds: Feeds): Promise<void> {
    const expected = evaluate(graph, feeds, this.#state);
    const got = await program.run(feeds);
    expect(Object.keys(got).sort()).toEqual(Object.keys(expected.fetches).sort());
    for (const [name, value] of Object.entries(expected.fetches)) expect(integers(got[name]!), `fetch ${name}`).toEqual(integers(value));
    for (const [name, value] of Object.entries(expected.assigns)) this.#state[name] = Float32Array.from(value);
    for (const [name, value] of Object.entries(this.#state))
      expect(integers(await this.session.read(name)), `variable ${name}`).toEqual(integers(value));
  }

  dispose(): void {
    this.session.dispose();
  }
}

describe.each([1, 3])("with %i threads", (threads) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await createWasmExecutor({ threads });
  });
  afterAll(() => executor.dispose());

  describe("random graphs agree with the reference exactly", () => {
    it("one after another, three runs each", async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 4, max: 120 }), async (seed, size) => {
          const { graph, feeds } = randomGraph(seed, size);
          const both = await SideBySide.open(executor, firstState(VARIABLES));
          const program = await both.session.compile(graph);
          for (let run = 0; run < 3; run++) await both.check(graph, program, feeds(seed + run));
          both.dispose();
        }),
        { numRuns: threads === 1 ? 150 : 30 },
      );
    });

    it("several in one session, compiled, run and disposed of in any order", async () => {
      const action = fc.oneof(
        { weight: 2, arbitrary: fc.record({ kind: fc.constant("compile" as const), seed: fc.integer(), size: fc.integer({ min: 4, max: 60 }) }) },
        { weight: 5, arbitrary: fc.record({ kind: fc.constant("run" as const), which: fc.nat(100), seed: fc.integer() }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant("dispose" as const), which: fc.nat(100) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 25, size: "max" }), async (actions) => {
          const both = await SideBySide.open(executor, firstState(VARIABLES));
          const programs: { graph: Graph; feeds: (seed: number) => Feeds; program: Program }[] = [];
          for (const a of actions) {
            if (a.kind === "compile") {
              const random = randomGraph(a.seed, a.size);
              programs.push({ ...random, program: await both.session.compile(random.graph) });
            } else if (programs.length > 0) {
              const { graph, feeds, program } = programs[a.which % programs.length]!;
              if (a.kind === "run") {
                await both.check(graph, program, feeds(a.seed));
              } else {
                program.dispose();
                programs.splice(a.which % programs.length, 1);
              }
            }
          }
          both.dispose();
        }),
        { numRuns: threads === 1 ? 40 : 10 },
      );
    });
  });

  /** Builds a graph over variables `a`, `b`, `c` of one shape and runs it thrice against the reference. */
  async function checkGraph(
    build: (g: Graph, a: Node<"variable">, b: Node<"variable">, c: Node<"variable">) => void,
    shape = [3, 1400],
  ): Promise<void> {
    const graph = new Graph();
    const [a, b, c] = ["a", "b", "c"].map((name) => graph.variable(name, shape)) as [Node<"variable">, Node<"variable">, Node<"variable">];
    build(graph, a, b, c);
    const both = await SideBySide.open(executor, firstState(["a", "b", "c"].map((name) => ({ name, shape }))));
    const program = await both.session.compile(graph);
    for (let run = 0; run < 3; run++) {
      const feeds = Object.fromEntries(graph.leaves("input").map((x, i) => [x.attrs.name, draw(x.shape, smallInteger, seeded(run * 7 + i))]));
      await both.check(graph, program, feeds);
    }
    both.dispose();
  }

  describe("reads of a variable see its old value", () => {
    it("two variables change places", () =>
      checkGraph((g, a, b) => {
        g.assign(a, b);
        g.assign(b, a);
      }));

    it("three variables go round", () =>
      checkGraph((g, a, b, c) => {
        g.assign(a, b);
        g.assign(b, c);
        g.assign(c, a);
      }));

    it("two variables change places, negated, both old values fetched", () =>
      checkGraph((g, a, b) => {
        g.assign(a, neg(b));
        g.assign(b, neg(a));
        g.fetch("a", a);
        g.fetch("b", b);
      }));

    it("old and new value are fetched, through reshapes", () =>
      checkGraph((g, a) => {
        const next = reshape(neg(reshape(a, [1400, 3])), a.shape);
        g.assign(a, next);
        g.fetch("old", reshape(a, [4200]));
        g.fetch("new", next);
        g.fetch("flat", reshape(next, [4200]));
      }));

    it("the old value goes to another variable while it changes", () =>
      checkGraph((g, a, b, c) => {
        g.assign(a, add(a, 1));
        g.assign(b, a);
        g.assign(c, reshape(b, c.shape));
      }));

    it("one value goes to three variables, one of which it was made from", () =>
      checkGraph((g, a, b, c) => {
        const next = sub(1, a);
        g.assign(a, next);
        g.assign(b, next);
        g.assign(c, next);
        g.fetch("next", next);
      }));

    it("the old value is read after the new one is made, in the same group", () =>
      checkGraph((g, a, b) => {
        const next = neg(a);
        g.assign(a, next);
        g.assign(b, add(next, mul(a, 2)));
      }));

    it("the old value is read after the new one is made, by another instruction", () =>
      checkGraph((g, a, b) => {
        const next = neg(a);
        g.assign(a, next);
        g.fetch("sum", add(reduceSum(next), mul(reduceSum(a), 3)));
        g.assign(b, transposed(a));
      }));

    it("a value in the way of another thread's: the new value depends on the old one transposed", () =>
      checkGraph((g, a) => g.assign(a, transposed(a)), [70, 70]));

    it("a row of the old value is spread over the new one", () =>
      checkGraph((g, a, b) => {
        g.assign(a, sub(a, slice(a, [0, 0], [1, 1400])));
        g.assign(b, add(slice(b, [0, 3], [3, 1]), b));
      }));

    it("one vector spread by rows and by columns at once", () =>
      checkGraph(
        (g, a, b) => {
          const v = slice(b, [0, 0], [1, 70]);
          g.assign(a, sub(maximum(a, v), reshape(v, [70, 1])));
        },
        [70, 70],
      ));

    it("scalars: the old value is spread while it changes", () =>
      checkGraph((g, a, b) => {
        g.assign(a, neg(a));
        g.assign(b, add(a, b));
        g.fetch("y", mul(broadcastTo(a, [2500]), g.input("x", [2500])));
      }, []));

    it("a matrix product into the variable it reads", () =>
      checkGraph(
        (g, a, b) => {
          const clip = (x: Node) => maximum(neg(maximum(neg(x), -3)), -3);
          g.assign(a, clip(matmul(a, b)));
          g.assign(b, clip(matmul(b, a, { transposeA: true })));
        },
        [33, 33],
      ));

    it("a variable assigned itself, an input, and a constant", () =>
      checkGraph((g, a, b, c) => {
        g.assign(a, a);
        g.assign(b, g.input("x", b.shape));
        g.assign(c, broadcastTo(g.constant(2), c.shape));
        g.fetch("c", c);
      }));

    it("nothing is kept of a step that is not finite", () =>
      checkGraph((g, a, b) => {
        const keep = slice(g.input("keep", [2]), [1], [1]);
        for (const v of [a, b]) g.assign(v, select(reshape(keep, []), add(a, b), v));
      }));
  });

  describe("a value in the place of an operand that is done with", () => {
    const x = (g: Graph, shape = [3, 1400]) => g.input("x", shape);

    it("an operand that is read once more, later in the group", () =>
      checkGraph((g) => {
        const s = concat([x(g), neg(x(g))], 0);
        const t = add(s, 1);
        g.fetch("t", t);
        g.fetch("sum", reduceSum(mul(t, s)));
      }));

    it("an operand that is read for itself and spread: every thread needs the whole of it", () =>
      checkGraph((g) => {
        const row = concat([x(g, [700]), x(g, [700])], 0);
        const column = reshape(row, [1400, 1]);
        const y = add(row, add(reshape(column, [1400]), broadcastTo(slice(row, [0], [1]), [1400])));
        g.fetch("y", reduceSum(concat([y, neg(row)], 0), [0]));
      }));

    it("two results of a group, one operand", () =>
      checkGraph((g) => {
        const s = concat([x(g), x(g)], 0);
        const [p, q] = [add(s, 1), sub(s, 1)];
        g.fetch("y", concat([reduceSum(p, [0]), reduceSum(q, [0]), slice(p, [0, 0], [1, 1400]), slice(q, [5, 0], [1, 1400])], 0));
      }));

    it("a chain of groups, each in the place of the one before", () =>
      checkGraph((g) => {
        let y: Node = concat([x(g), x(g)], 0);
        for (let i = 0; i < 5; i++) y = sub(neg(y), reduceSum(slice(y, [0, i], [6, 1])));
        g.fetch("y", maximum(y, -1000));
      }));

    it("an input is spared that is fetched, and one that is assigned", () =>
      checkGraph((g, a) => {
        const y = neg(x(g));
        g.fetch("x", x(g));
        g.assign(a, x(g));
        g.fetch("y", concat([y, y], 1));
      }));
  });

  describe("what is done to a product as it is stored", () => {
    const product = (g: Graph, name: string): Node =>
      conv2d(g.input(name, [2, 5, 4, 3]), g.input("w", [1, 1, 3, 12]), { strides: [1, 1], pads: [0, 0, 0, 0] });

    it("two activations, one after the other", () =>
      checkGraph((g) => {
        g.fetch("y", leakyRelu(leakyRelu(product(g, "x"), 2), 3));
        g.fetch("z", leakyRelu(neg(leakyRelu(product(g, "v"), 2)), 3));
      }));

    it("something added that is no bias: a row of pixels, an image, every element", () =>
      checkGraph((g) => {
        for (const shape of [[4, 12], [5, 4, 12], [2, 5, 4, 12], [4, 1], [1]])
          g.fetch(`${shape}`, leakyRelu(add(g.input(`b${shape}`, shape), product(g, `x${shape}`)), 2));
      }));

    it("two biases, a bias after an activation, a bias that is the variable to be assigned", () =>
      checkGraph(
        (g, a) => {
          const y = matmul(g.input("x", [7, 9]), g.input("w", [9, 33]));
          g.fetch("two", add(add(y, g.input("b", [33])), g.input("c", [33])));
          g.fetch("after", add(leakyRelu(matmul(g.input("u", [7, 9]), g.input("w", [9, 33])), 2), a));
          g.assign(a, reshape(leakyRelu(add(matmul(g.input("v", [1, 9]), g.input("w", [9, 33])), a), 0), [33]));
        },
        [33],
      ));
  });

  describe("names and lifetimes", () => {
    it("fetches one value under two names, as arrays of their own", async () => {
      const graph = new Graph();
      const y = neg(graph.input("x", [3]));
      graph.fetch("p", y);
      graph.fetch("q", reshape(y, [1, 3]));
      graph.fetch("k", graph.constant([1, 2], [2]));
      const session = await executor.open([]);
      const program = await session.compile(graph);
      const first = await program.run({ x: Float32Array.of(1, 2, 3) });
      first.p!.fill(9);
      first.k!.fill(9);
      const second = await program.run({ x: Float32Array.of(4, 5, 6) });
      expect(first.q).toEqual(Float32Array.of(-1, -2, -3));
      expect(second.p).toEqual(Float32Array.of(-4, -5, -6));
      expect(second.k).toEqual(Float32Array.of(1, 2));
      session.dispose();
    });

    it("keeps variables and other programs while memory grows, and takes a disposed program's place again", async () => {
      const session = await executor.open([{ name: "v", shape: [5] }]);
      await session.write("v", Float32Array.of(1, 2, 3, 4, 5));
      const counter = new Graph();
      const v = counter.variable("v", [5]);
      counter.assign(v, add(v, 1));
      const small = await session.compile(counter);
      const total = session.memory.total;

      const large = new Graph();
      large.fetch("y", add(transpose(large.input("x", [1000, 900]), [1, 0]), 1));
      const program = await session.compile(large);
      expect(session.memory.total).toBeGreaterThan(total + 1000 * 900 * 4);
      await small.run({});
      const { y } = await program.run({ x: new Float32Array(900_000).fill(2) });
      expect(y!.every((value) => value === 3)).toBe(true);
      await small.run({});
      program.dispose();
      program.dispose();
      expect(session.memory.total).toBe(total);
      await expect(program.run({ x: new Float32Array(900_000) })).rejects.toThrow(StateError);
      await small.run({});
      expect(await session.read("v")).toEqual(Float32Array.of(4, 5, 6, 7, 8));

      session.dispose();
      session.dispose();
      small.dispose();
      await expect(small.run({})).rejects.toThrow(StateError);
      await expect(session.read("v")).rejects.toThrow(StateError);
      await expect(session.compile(counter)).rejects.toThrow(StateError);
    });

    it("refuses feeds and variables that do not fit, and goes on", async () => {
      const session = await executor.open([{ name: "v", shape: [2] }]);
      const graph = new Graph();
      graph.fetch("y", exp(tanh(add(graph.input("x", [2]), graph.variable("v", [2])))));
      const program = await session.compile(graph);
      await expect(program.run({})).rejects.toThrow("feeds.x: expected 2 values, got undefined");
      await expect(program.run({ x: new Float32Array(3) })).rejects.toThrow("feeds.x: expected 2 values, got 3");
      await expect(program.run({ x: 1 })).rejects.toThrow("feeds.x: expected 2 values, got 1");
      await expect(program.run({ x: new Float32Array(2), z: 1 })).rejects.toThrow("feeds.z: expected one of x, got an unknown name");
      await expect(session.write("v", new Float32Array(3))).rejects.toThrow("v: expected 2 values, got 3");
      await expect(session.read("w")).rejects.toThrow("w: expected a variable of this session");
      const stranger = new Graph();
      stranger.fetch("y", stranger.variable("w", [2]));
      await expect(session.compile(stranger)).rejects.toThrow("w: expected a variable of this session");
      const other = new Graph();
      other.fetch("y", other.variable("v", [3]));
      await expect(session.compile(other)).rejects.toThrow("v: expected a variable of");
      expect((await program.run({ x: new Float32Array(2) })).y).toEqual(Float32Array.of(1, 1));
      session.dispose();
    });
  });
});

/** The elements of a matrix in the order of its columns, in the shape of the matrix. */
function transposed(x: Node): Node {
  return reshape(transpose(x, [1, 0]), x.shape);
}
