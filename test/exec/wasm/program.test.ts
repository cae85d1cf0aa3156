import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor, Program } from "../../../src/exec/executor.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import {
  add,
  broadcastTo,
  concat,
  conv2d,
  leakyRelu,
  matmul,
  maximum,
  mul,
  neg,
  reduceSum,
  reshape,
  slice,
  sub,
  transpose,
} from "../../../src/graph/build.ts";
import { Graph, type Node } from "../../../src/graph/graph.ts";
import { randomGraph, smallInteger, VARIABLES } from "../../cases/graphs.ts";
import { SideBySide } from "../../cases/sideBySide.ts";
import { draw, seeded } from "../../cases/values.ts";

describe.each([1, 3])("with %i threads", (threads) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await createWasmExecutor({ threads });
  });
  afterAll(() => executor.dispose());

  describe("random graphs agree with the reference exactly", () => {
    it("one after another, three runs each", async () => {
      const both = await SideBySide.open(executor, VARIABLES);
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 4, max: 120 }), async (seed, size) => {
          const { graph, feeds } = randomGraph(seed, size);
          await both.reset(VARIABLES);
          const program = await both.session.compile(graph);
          for (let run = 0; run < 3; run++) await both.check(graph, program, feeds(seed + run));
          program.dispose();
        }),
        { numRuns: threads === 1 ? 150 : 30 },
      );
      both.session.dispose();
    });

    it("several in one session, compiled, run and disposed of in any order", async () => {
      const action = fc.oneof(
        { weight: 2, arbitrary: fc.record({ kind: fc.constant("compile" as const), seed: fc.integer(), size: fc.integer({ min: 4, max: 60 }) }) },
        { weight: 5, arbitrary: fc.record({ kind: fc.constant("run" as const), which: fc.nat(100), seed: fc.integer() }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant("dispose" as const), which: fc.nat(100) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 25, size: "max" }), async (actions) => {
          const both = await SideBySide.open(executor, VARIABLES);
          const programs: { graph: Graph; feeds: (seed: number) => Record<string, Float32Array>; program: Program }[] = [];
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
          both.session.dispose();
        }),
        { numRuns: threads === 1 ? 40 : 10 },
      );
    });
  });

  /** Runs a graph thrice against the reference. */
  async function checkGraph(build: (g: Graph, a: Node<"variable">) => void, shape = [3, 1400]): Promise<void> {
    const graph = new Graph();
    build(graph, graph.variable("a", shape));
    const both = await SideBySide.open(executor, [{ name: "a", shape }]);
    const program = await both.session.compile(graph);
    for (let run = 0; run < 3; run++) {
      const feeds = Object.fromEntries(graph.leaves("input").map((x, i) => [x.attrs.name, draw(x.shape, smallInteger, seeded(run * 7 + i))]));
      await both.check(graph, program, feeds);
    }
    both.session.dispose();
  }

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

  it("takes a disposed program's place again, and keeps variables and other programs while memory grows", async () => {
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
    expect(session.memory.total).toBe(total);
    await small.run({});
    expect(await session.read("v")).toEqual(Float32Array.of(4, 5, 6, 7, 8));
    session.dispose();
  });
});
