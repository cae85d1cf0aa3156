/** What every executor must do, as cases that any of them can be taken through, on any runtime. */
import { BackendError, ShapeError, StateError } from "../../src/core/errors.ts";
import type { Shape } from "../../src/core/shape.ts";
import type { Executor, Feeds, Fetches, Session, VariableSpec } from "../../src/exec/executor.ts";
import { add, matmul, mul, neg, reduceSum, reshape, transpose } from "../../src/graph/build.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { ASSIGNMENT_CASES } from "./assignments.ts";
import { assert, assertEqual } from "./compare.ts";

export interface ExecutorCase {
  readonly name: string;
  /** Fails by an error. */
  run(executor: Executor): Promise<void>;
}

const numbers = (...values: number[]): Float32Array => Float32Array.from(values);

/** What an error of this class says. @throws what is no such error, and when there is none */
async function refusal<E extends Error>(type: new (...args: never[]) => E, work: Promise<unknown>): Promise<E> {
  const outcome = await work.then(
    () => "no error",
    (error: unknown) => error,
  );
  assert(outcome instanceof type, `expected a ${type.name}, got ${outcome}`);
  return outcome;
}

const refuses = async (type: new (...args: never[]) => Error, message: string, work: Promise<unknown>): Promise<void> =>
  assertEqual("message", (await refusal(type, work)).message, message);

/** count := count + step, and the old count. */
function counter(): Graph {
  const graph = new Graph();
  const count = graph.variable("count", [2]);
  graph.assign(count, add(count, graph.input("step", [])));
  graph.fetch("before", count);
  return graph;
}

const COUNT: readonly VariableSpec[] = [{ name: "count", shape: [2] }];

/** A graph that fetches `node`. */
function fetching(node: (graph: Graph) => Node): Graph {
  const graph = new Graph();
  graph.fetch("y", node(graph));
  return graph;
}

/** With a session over `variables`, disposed of afterwards. */
function sessionCase(name: string, variables: readonly VariableSpec[], work: (session: Session) => Promise<void>): ExecutorCase {
  return {
    name,
    async run(executor) {
      const session = await executor.open(variables);
      await work(session);
      session.dispose();
    },
  };
}

const VALUES: readonly ExecutorCase[] = [
  sessionCase("variables are zero at first, then what was written", COUNT, async (session) => {
    assertEqual("at first", await session.read("count"), [0, 0]);
    await session.write("count", (into) => into.set([5, 6]));
    assertEqual("count", await session.read("count"), [5, 6]);
    await session.write("count", numbers(3, -4));
    assertEqual("then", await session.read("count"), [3, -4]);
  }),
  sessionCase("what is read and fetched are copies, and what is written and fed stays the caller's", COUNT, async (session) => {
    const written = numbers(1, 2);
    await session.write("count", written);
    written.fill(7);
    (await session.read("count")).fill(7);
    assertEqual("variable", await session.read("count"), [1, 2]);
    const graph = counter();
    graph.fetch("constant", graph.constant([5, 6], [2]));
    graph.fetch("step", graph.input("step", []));
    const program = await session.compile(graph);
    const step = numbers(1);
    const first = await program.run({ step });
    for (const value of Object.values(first)) value.fill(9);
    const second = await program.run({ step });
    assertEqual("fed", step, [1]);
    assertEqual("before", second.before!, [2, 3]);
    assertEqual("constant", second.constant!, [5, 6]);
    assertEqual("step", second.step!, [1]);
  }),
  sessionCase("a constant, an input and a variable are fetched as they are, one value under several names", COUNT, async (session) => {
    const graph = new Graph();
    const x = graph.input("x", [3]);
    graph.fetch("constant", graph.constant([5, 6], [2]));
    graph.fetch("number", graph.constant(0.5));
    graph.fetch("input", x);
    graph.fetch("variable", graph.variable("count", [2]));
    graph.fetch("p", neg(x));
    graph.fetch("q", reshape(neg(x), [1, 3]));
    await session.write("count", numbers(8, 9));
    const got = await (await session.compile(graph)).run({ x: numbers(1, 2, 3) });
    const expected = { constant: [5, 6], number: [0.5], input: [1, 2, 3], variable: [8, 9], p: [-1, -2, -3], q: [-1, -2, -3] };
    assertEqual("names", Object.keys(got).sort(), Object.keys(expected).sort());
    for (const [name, value] of Object.entries(expected)) assertEqual(name, got[name]!, value);
  }),
  sessionCase("a number feeds one value", COUNT, async (session) => {
    const program = await session.compile(counter());
    await program.run({ step: 2 });
    await program.run({ step: numbers(3) });
    assertEqual("count", await session.read("count"), [5, 5]);
  }),
  sessionCase("programs of a session share its variables, and go on when another one is disposed of", COUNT, async (session) => {
    const step = await session.compile(counter());
    const doubling = new Graph();
    const count = doubling.variable("count", [2]);
    doubling.assign(count, mul(count, 2));
    const double = await session.compile(doubling);
    await step.run({ step: 1 });
    await double.run({});
    double.dispose();
    double.dispose();
    assertEqual("before", (await step.run({ step: 3 })).before!, [2, 2]);
    assertEqual("count", await session.read("count"), [5, 5]);
  }),
  {
    name: "sessions of an executor know nothing of each other",
    async run(executor) {
      const sessions = [await executor.open(COUNT), await executor.open(COUNT)] as const;
      const [first, second] = [await sessions[0].compile(counter()), await sessions[1].compile(counter())];
      await Promise.all([first.run({ step: 1 }), second.run({ step: 10 }), first.run({ step: 2 })]);
      sessions[0].dispose();
      await second.run({ step: 20 });
      assertEqual("count", await sessions[1].read("count"), [30, 30]);
      sessions[1].dispose();
    },
  },
  sessionCase("what is asked is done in the order asked", COUNT, async (session) => {
    const program = await session.compile(counter());
    const asked = [
      program.run({ step: 1 }),
      session.read("count"),
      program.run({ step: 2 }),
      session.write("count", numbers(10, 20)),
      program.run({ step: 5 }),
      session.read("count"),
    ] as const;
    const [first, early, second, , third, late] = await Promise.all(asked);
    const seen = [first.before!, early, second.before!, third.before!, late].map((x) => [...x]);
    assertEqual("seen", seen.flat(), [0, 0, 1, 1, 1, 1, 10, 20, 15, 25]);
  }),
];

const REFUSALS: readonly ExecutorCase[] = [
  sessionCase("unknown variables and values of another length are refused", COUNT, async (session) => {
    const unknown = "other: expected a variable of this session, got an unknown name";
    await refuses(ShapeError, unknown, session.read("other"));
    await refuses(ShapeError, unknown, session.write("other", new Float32Array(2)));
    await refuses(ShapeError, "count: expected 2 values, got 3", session.write("count", new Float32Array(3)));
    assertEqual("count", await session.read("count"), [0, 0]);
  }),
  sessionCase("a graph over an unknown variable, or one of another shape, is refused", COUNT, async (session) => {
    const compiled = (name: string, shape: Shape) => session.compile(fetching((g) => g.variable(name, shape)));
    await refuses(ShapeError, "other: expected a variable of this session, got an unknown name", compiled("other", [2]));
    await refuses(ShapeError, "count: expected the variable's shape [2], got [3]", compiled("count", [3]));
    await refuses(ShapeError, "count: expected the variable's shape [2], got [1, 2]", compiled("count", [1, 2]));
    await (await session.compile(counter())).run({ step: 1 });
    assertEqual("count", await session.read("count"), [1, 1]);
  }),
  sessionCase("feeds that are missing, of another length or unknown are refused, and change nothing", COUNT, async (session) => {
    const graph = counter();
    graph.fetch("y", neg(graph.input("x", [3])));
    const program = await session.compile(graph);
    const refusesFeeds = (message: string, feeds: Feeds) => refuses(ShapeError, message, program.run(feeds));
    await refusesFeeds("feeds.x: expected 3 values, got undefined", { step: 1 });
    await refusesFeeds("feeds.x: expected 3 values, got 2", { step: 1, x: numbers(1, 2) });
    await refusesFeeds("feeds.x: expected 3 values, got 1", { step: 1, x: 1 });
    await refusesFeeds("feeds.step: expected 1 values, got 2", { step: numbers(1, 2), x: numbers(1, 2, 3) });
    await refusesFeeds("feeds.z: expected one of step, x, got an unknown name", { step: 1, x: numbers(1, 2, 3), z: 1 });
    const closed = await session.compile(fetching((g) => g.variable("count", [2])));
    await refuses(ShapeError, "feeds.z: expected no feeds, got an unknown name", closed.run({ z: 1 }));
    assertEqual("y", (await program.run({ step: 1, x: numbers(1, 2, 3) })).y!, [-1, -2, -3]);
    assertEqual("count", await session.read("count"), [1, 1]);
  }),
  sessionCase("every input is to be fed, whether or not its value matters", [], async (session) => {
    const graph = fetching((g) => add(g.input("x", [2]), mul(g.input("nothing", [2]), 0)));
    graph.input("unread", [2]);
    const program = await session.compile(graph);
    await refuses(ShapeError, "feeds.unread: expected 2 values, got undefined", program.run({ x: numbers(1, 2), nothing: numbers(3, 4) }));
    const { y } = (await program.run({ x: numbers(1, 2), nothing: numbers(3, 4), unread: numbers(5, 6) })) as Required<Fetches>;
    assertEqual("y", y!, [1, 2]);
  }),
  sessionCase("a program that was disposed of is refused, the session goes on", COUNT, async (session) => {
    const program = await session.compile(counter());
    await program.run({ step: 1 });
    program.dispose();
    await refuses(StateError, "program: expected a program in use, got one that was disposed", program.run({ step: 1 }));
    assertEqual("count", await session.read("count"), [1, 1]);
  }),
  sessionCase("a session that was disposed of is refused, with its programs", COUNT, async (session) => {
    const program = await session.compile(counter());
    session.dispose();
    session.dispose();
    const uses = [
      () => session.read("count"),
      () => session.write("count", new Float32Array(2)),
      () => session.compile(counter()),
      () => program.run({ step: 1 }),
    ];
    for (const use of uses) await refuses(StateError, "session: expected a session in use, got one that was disposed", use());
    program.dispose();
  }),
];

/** The bytes that a refusal says would have to be allowed; it names the limit as well. */
async function needed(limit: number, work: Promise<unknown>): Promise<number> {
  const { path, expected, got, lost } = await refusal(BackendError, work);
  assertEqual("path", path, "maxMemory");
  assertEqual("got", got, `${limit}; a smaller batchSize, width or image shape needs less`);
  assert(!lost, "what is refused is no loss");
  const bytes = Number(/^at least (\d+) bytes$/.exec(expected)?.[1]);
  assert(bytes > limit, `${expected}, which is not more than ${limit}`);
  return bytes;
}

const LARGE: readonly VariableSpec[] = [{ name: "large", shape: [300, 500] }];

const MEMORY: readonly ExecutorCase[] = [
  {
    name: "variables that need more memory than allowed are refused with numbers, and what they name is enough",
    async run(executor) {
      const maxMemory = await needed(100_000, executor.open(LARGE, { maxMemory: 100_000 }));
      await needed(maxMemory - 1, executor.open(LARGE, { maxMemory: maxMemory - 1 }));
      const session = await executor.open(LARGE, { maxMemory });
      assertEqual("total", session.memory.total, maxMemory);
      await session.write("large", new Float32Array(150_000).fill(1));
      session.dispose();
    },
  },
  {
    name: "a program that needs more memory than allowed is refused before anything changes, and what it names is enough",
    async run(executor) {
      const larger = fetching((g) => matmul(transpose(add(g.variable("count", [2]), g.input("x", [400, 2])), [1, 0]), g.input("w", [400, 300])));
      const unlimited = await executor.open(COUNT);
      await unlimited.compile(counter());
      const limit = unlimited.memory.total;
      unlimited.dispose();

      const tight = await executor.open(COUNT, { maxMemory: limit });
      const program = await tight.compile(counter());
      await program.run({ step: 1 });
      const before = { ...tight.memory };
      const maxMemory = await needed(limit, tight.compile(larger));
      assertEqual("memory", Object.values(tight.memory), Object.values(before));
      assertEqual("before", (await program.run({ step: 2 })).before!, [1, 1]);
      assertEqual("count", await tight.read("count"), [3, 3]);
      tight.dispose();

      const enough = await executor.open(COUNT, { maxMemory });
      await enough.compile(counter());
      const { y } = await (await enough.compile(larger)).run({ x: new Float32Array(800).fill(1), w: new Float32Array(120_000).fill(2) });
      assertEqual("y", y!, new Float32Array(600).fill(800));
      assertEqual("total", enough.memory.total, maxMemory);
      enough.dispose();
    },
  },
  {
    name: "measuring tells what a session will hold, and refuses what it could not have, without setting anything up",
    async run(executor) {
      const graphs = [
        counter(),
        fetching((g) => matmul(transpose(add(g.variable("count", [2]), g.input("x", [400, 2])), [1, 0]), g.input("w", [400, 300]))),
      ];
      const measured = await executor.measure(COUNT, graphs);
      const session = await executor.open(COUNT);
      for (const graph of graphs) await session.compile(graph);
      assertEqual("memory", Object.values(measured), Object.values(session.memory));
      session.dispose();
      assertEqual("allowed", (await executor.measure(COUNT, graphs, { maxMemory: measured.total })).total, measured.total);
      assertEqual("needed", await needed(measured.total - 1, executor.measure(COUNT, graphs, { maxMemory: measured.total - 1 })), measured.total);
    },
  },
  sessionCase("the memory report adds up, and grows with what is compiled", LARGE, async (session) => {
    const report = () => {
      const { variables, activations, live, scratch, total } = session.memory;
      assert(variables >= 4 * 150_000, `${variables} bytes of variables`);
      assert(activations >= live && live >= 0, `activations ${activations}, of which ${live} are live at once`);
      assert(variables + activations + scratch <= total, `${variables} + ${activations} + ${scratch} is more than ${total}`);
      return session.memory;
    };
    const first = report();
    assertEqual("activations", first.activations, 0);
    const small = await session.compile(fetching((g) => neg(g.input("x", [50]))));
    const second = report();
    assert(second.live >= 4 * 50 && second.total > first.total, "a program needs memory");
    await session.compile(fetching((g) => reduceSum(transpose(g.input("x", [900, 50]), [1, 0]), [0])));
    const third = report();
    assert(third.live >= 4 * 900 * 50 && third.activations > second.activations && third.total > second.total, "a larger one needs more");
    small.dispose();
    report();
  }),
];

const group = (subject: string, cases: readonly ExecutorCase[]): ExecutorCase[] => cases.map((c) => ({ ...c, name: `${subject}: ${c.name}` }));

/** The contract of `exec/executor.ts`. */
export const EXECUTOR_CASES: readonly ExecutorCase[] = [
  ...group("values", VALUES),
  ...group("assignments take effect after the run", ASSIGNMENT_CASES),
  ...group("refusals", REFUSALS),
  ...group("memory", MEMORY),
];
