import { describe, expect, it } from "vitest";
import { type AssignmentPolicy, planAssignments } from "../../../src/exec/schedule/assignments.ts";
import { fuse } from "../../../src/exec/schedule/fuse.ts";
import { resultsOf, Uses } from "../../../src/exec/schedule/uses.ts";
import { FUSION } from "../../../src/exec/wasm/compile/fusion.ts";
import { add, matmul, mul, neg, reshape, transpose } from "../../../src/graph/build.ts";
import { Graph, liveNodes, type Node } from "../../../src/graph/graph.ts";

const ANYWHERE: AssignmentPolicy = { writesInPlace: () => true, readsFirst: false };
const GROUPS: AssignmentPolicy = { writesInPlace: ({ kind }) => kind === "group", readsFirst: true };

/** What is planned for a graph over variables a and b [4, 4], by the names of the variables. */
function plan(policy: AssignmentPolicy, build: (graph: Graph, a: Node<"variable">, b: Node<"variable">) => void) {
  const graph = new Graph();
  build(graph, graph.variable("a", [4, 4]), graph.variable("b", [4, 4]));
  const results = resultsOf(graph);
  const steps = fuse(liveNodes(graph), FUSION, results);
  const { inPlace, kept, copied } = planAssignments(graph, steps, new Uses(steps, results), results, policy);
  return {
    inPlace: Array.from(inPlace.values(), (v) => v.attrs.name),
    kept: kept.map((v) => v.attrs.name),
    copied: copied.map(([v]) => v.attrs.name),
  };
}

describe("planAssignments", () => {
  it("has a new value computed where the old one lies", () => {
    const step = (g: Graph, a: Node<"variable">) => g.assign(a, neg(a));
    for (const policy of [ANYWHERE, GROUPS]) expect(plan(policy, step)).toEqual({ inPlace: ["a"], kept: [], copied: [] });
  });

  it("not where another step reads the old one later", () => {
    const step = (g: Graph, a: Node<"variable">) => {
      g.assign(a, neg(a));
      g.fetch("y", transpose(a, [1, 0]));
    };
    for (const policy of [ANYWHERE, GROUPS]) expect(plan(policy, step)).toEqual({ inPlace: [], kept: [], copied: ["a"] });
  });

  it("where the same group reads the old one later, if it reads before it writes", () => {
    const step = (g: Graph, a: Node<"variable">, b: Node<"variable">) => {
      const next = neg(a);
      g.assign(a, next);
      g.assign(b, add(next, mul(a, 2)));
    };
    expect(plan(GROUPS, step)).toEqual({ inPlace: ["a", "b"], kept: [], copied: [] });
    expect(plan(ANYWHERE, step)).toEqual({ inPlace: ["b"], kept: [], copied: ["a"] });
  });

  it("of a step that is no group, if it writes into memory it is given, and does not read the variable itself", () => {
    const step = (g: Graph, a: Node<"variable">, b: Node<"variable">) => {
      g.assign(a, matmul(b, b));
      g.assign(b, matmul(b, g.input("x", [4, 4])));
    };
    expect(plan(ANYWHERE, step)).toEqual({ inPlace: ["a"], kept: [], copied: ["b"] });
    expect(plan(GROUPS, step)).toEqual({ inPlace: [], kept: [], copied: ["a", "b"] });
  });

  it("keeps the old values that are results of a run that changes them, and no others", () => {
    expect(
      plan(ANYWHERE, (g, a, b) => {
        g.assign(a, neg(a));
        g.fetch("old", reshape(a, [16]));
        g.fetch("unchanged", b);
      }),
    ).toEqual({ inPlace: ["a"], kept: ["a"], copied: [] });
  });

  it("copies leaves, each to every variable that gets it, and nothing to a variable that keeps its value", () => {
    expect(
      plan(ANYWHERE, (g, a, b) => {
        g.assign(a, b);
        g.assign(b, a);
      }),
    ).toEqual({ inPlace: [], kept: ["b", "a"], copied: ["a", "b"] });
    expect(plan(ANYWHERE, (g, a) => g.assign(a, a))).toEqual({ inPlace: [], kept: [], copied: [] });
  });
});
