import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Shape } from "../../../src/core/shape.ts";
import { broadcastStrides, offsets } from "../../../src/exec/reference/kernel.ts";
import { accessOf } from "../../../src/exec/wasm/lower/access.ts";

/** A shape, and one that broadcasts to it: axes shrunk to 1, leading axes left off. */
const broadcastPair: fc.Arbitrary<{ from: Shape; to: Shape }> = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 5 }), keep: fc.boolean() }), { maxLength: 5 })
  .chain((axes) =>
    fc.nat(axes.length).map((lead) => ({
      to: axes.map(({ size }) => size),
      from: axes.slice(lead).map(({ size, keep }) => (keep ? size : 1)),
    })),
  );

describe("accessOf", () => {
  it("says of every broadcast which element is read where, or that it is none of the simple patterns", () => {
    fc.assert(
      fc.property(broadcastPair, ({ from, to }) => {
        const access = accessOf(from, to);
        const actual = [...offsets(to, broadcastStrides(from, to))];
        const claimed = (i: number): number => {
          if (access?.kind === "stream") return i;
          if (access?.kind === "scalar") return 0;
          if (access?.kind === "periodic") return i % access.period;
          if (access?.kind === "repeat") return Math.floor(i / access.each);
          return actual[i]!;
        };
        expect(actual.map((_, i) => claimed(i))).toEqual(actual);
        const patterns = [(p: number) => (i: number) => i % p, (p: number) => (i: number) => Math.floor(i / p)];
        const simple = patterns.some((pattern) => actual.some((_, p) => p > 0 && actual.every((o, i) => o === pattern(p)(i))));
        if (access === null) expect(simple).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [[67], [67], { kind: "stream" }],
    [[1, 67], [67, 1], { kind: "stream" }],
    [[], [3, 5], { kind: "scalar" }],
    [[1, 1], [3, 5], { kind: "scalar" }],
    [[5], [2, 3, 5], { kind: "periodic", period: 5 }],
    [[3, 5], [2, 3, 5], { kind: "periodic", period: 15 }],
    [[3, 1], [3, 5], { kind: "repeat", each: 5 }],
    [[2, 1, 1], [2, 3, 5], { kind: "repeat", each: 15 }],
    [[1, 3, 1], [2, 3, 5], null],
    [[2, 1, 5], [2, 3, 5], null],
    [[1, 3, 1, 4], [2, 3, 5, 4], null],
  ] as const)("%j as %j", (from, to, expected) => expect(accessOf(from, to)).toEqual(expected));
});
