import { describe, expect, it } from "vitest";
import { type Shape, sizeOf } from "../../../src/core/shape.ts";
import { broadcastStrides, offsets } from "../../../src/exec/reference/kernel.ts";
import { runsOf } from "../../../src/exec/tfjs/access.ts";
import { split } from "../../../src/exec/tfjs/groups.ts";
import { planSlots } from "../../../src/exec/tfjs/plan.ts";
import type { Binding, Dispatch, VirtualBuffer } from "../../../src/exec/tfjs/recording.ts";
import { add } from "../../../src/graph/build.ts";
import { Graph, type Node } from "../../../src/graph/graph.ts";

describe("runsOf", () => {
  const shapes: readonly (readonly [Shape, Shape])[] = [
    [[], [3, 5]],
    [[5], [3, 5]],
    [
      [3, 1],
      [3, 5],
    ],
    [
      [1, 3, 1, 4],
      [2, 3, 5, 4],
    ],
    [
      [2, 1, 1, 4],
      [2, 3, 5, 4],
    ],
    [
      [2, 3, 5, 4],
      [2, 3, 5, 4],
    ],
    [
      [4, 1],
      [2, 3, 4, 5],
    ],
    [
      [3, 1, 5, 1],
      [3, 2, 5, 7],
    ],
  ];
  it.each(shapes)("%j in %j: every element", (from, to) => {
    const runs = runsOf(from, to);
    const indices = Array.from({ length: sizeOf(to) }, (_, i) =>
      runs.reduce((sum, { inner, extent, stride, outermost }) => {
        const quotient = Math.floor(i / inner);
        return sum + (outermost ? quotient : quotient % extent) * stride;
      }, 0),
    );
    expect(indices).toEqual([...offsets(to, broadcastStrides(from, to))]);
  });
});

describe("planSlots", () => {
  const buffer = (size: number): VirtualBuffer => ({ size });
  const dispatch = (written: VirtualBuffer, ...read: VirtualBuffer[]): Dispatch => {
    const reads = read.map((b): Binding => ({ kind: "read", buffer: b }));
    return { code: "", entryPoint: "main", bindings: [{ kind: "write", buffer: written }, ...reads], workgroups: [1, 1, 1] };
  };

  it("lets values that live at different times share a slot, and none that a dispatch binds together", () => {
    const [x, a, b, c, y] = [buffer(400), buffer(800), buffer(100), buffer(900), buffer(50)] as const;
    const { slotOf, sizes, live } = planSlots([dispatch(a, x), dispatch(b, a), dispatch(c, b), dispatch(y, c)], () => false, [x], [y]);
    expect(sizes).toEqual([900, 400]);
    expect([c, a].map((v) => slotOf.get(v))).toEqual([0, 0]);
    expect([x, b, y].map((v) => slotOf.get(v))).toEqual([1, 1, 1]);
    expect(live).toBe(1200);
  });

  it("keeps an input from before the first dispatch, and a result until after the last", () => {
    const [x, late, a, y] = [buffer(8), buffer(8), buffer(8), buffer(8)] as const;
    const { slotOf } = planSlots([dispatch(y, x), dispatch(a, late)], () => false, [x, late], [y]);
    expect(new Set([x, late, y].map((v) => slotOf.get(v))).size).toBe(3);
    expect(slotOf.get(a)).toBe(slotOf.get(x));
  });

  it("gives no slot to what has a place already", () => {
    const [v, y] = [buffer(8), buffer(8)] as const;
    expect(planSlots([dispatch(y, v)], (b) => b === v, [], [y]).slotOf.has(v)).toBe(false);
  });
});

describe("split", () => {
  it("cuts a group into the longest parts that fit, a single node whatever it is", () => {
    const graph = new Graph();
    let x: Node = graph.input("x", [2]);
    const chain = Array.from({ length: 5 }, (_, i) => {
      x = add(x, graph.input(`x${i}`, [2]));
      return x;
    });
    expect(split(chain, (part) => part.length <= 2).map((p) => p.length)).toEqual([2, 2, 1]);
    expect(split(chain, () => false).map((p) => p.length)).toEqual([1, 1, 1, 1, 1]);
  });
});
